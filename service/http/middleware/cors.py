"""CORS (the Fetch standard): the origins whose pages may call the API, and the response headers that they may read.

A page sends the bearer key by itself, so the credentials of the browser, such as cookies, are never allowed.
"""

from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

ANY = "*"
MAX_AGE_SECONDS = 7200

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Beside those that the standard always allows, or always exposes.
_REQUEST_HEADERS = (
    "Authorization, Content-Digest, Content-MD5, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Range, Repr-Digest, Tus-Resumable, Upload-Checksum, Upload-Concat, "
    "Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, Want-Content-Digest, Want-Repr-Digest, "
    "X-HTTP-Method-Override, X-Request-Id, X-Requested-With"
)
_RESPONSE_HEADERS = (
    "Accept-Ranges, Content-Digest, Content-Disposition, Content-Range, ETag, Fileport-File-Id, Location, Repr-Digest, "
    "Retry-After, Tus-Checksum-Algorithm, Tus-Extension, Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat, "
    "Upload-Defer-Length, Upload-Expires, Upload-Length, Upload-Metadata, Upload-Offset, X-Request-Id"
)
_PREFLIGHT = [
    (b"access-control-allow-methods", _METHODS.encode()),
    (b"access-control-allow-headers", _REQUEST_HEADERS.encode()),
    (b"access-control-max-age", str(MAX_AGE_SECONDS).encode()),
    (b"cache-control", b"no-store"),
]
_EXPOSED = [(b"access-control-expose-headers", _RESPONSE_HEADERS.encode())]


def allow_origins(app: ASGIApp, origins: Iterable[str]) -> ASGIApp:
    """Wrap `app`: pages of `origins`, or of any origin with `*`, may call `/v1`. Without any, return `app`."""
    allowed = frozenset(origins)
    if not allowed:
        return app

    async def allowing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith("/v1/"):
            await app(scope, receive, send)
            return
        origin = _header(scope, b"origin")
        is_allowed = ANY in allowed or origin.decode("latin-1") in allowed
        # The response depends on the origin, so caches must keep one for each.
        common = [(b"access-control-allow-origin", b"*")] if ANY in allowed else [(b"vary", b"Origin")]
        if is_allowed and ANY not in allowed:
            common.append((b"access-control-allow-origin", origin))
        if origin and scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
            headers = [*common, *_PREFLIGHT] if is_allowed else common
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def send_exposed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *common, *(_EXPOSED if is_allowed else [])]
            await send(message)

        await app(scope, receive, send_exposed)

    return allowing


def _header(scope: HTTPScope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
