"""Pages of other origins: which may call the API, and what of its answers they may read (the Fetch standard, CORS).

A page shows the bearer key by itself, so credentials of the browser, cookies and the like, are never allowed.
"""

from collections.abc import Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

ANY = "*"
MAX_AGE_SECONDS = 7200

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Beside those that are always allowed, or always shown.
_REQUEST_HEADERS = (
    "Authorization, Content-Digest, Content-MD5, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Range, Repr-Digest, Tus-Resumable, Upload-Checksum, Upload-Concat, "
    "Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, Want-Content-Digest, Want-Repr-Digest, "
    "X-HTTP-Method-Override, X-Request-Id, X-Requested-With"
)
_ANSWER_HEADERS = (
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
_SHOWN = [(b"access-control-expose-headers", _ANSWER_HEADERS.encode())]


def allow_origins(app: ASGIApp, origins: Iterable[str]) -> ASGIApp:
    """Wrap `app`: pages of `origins`, or of any with `*`, may call `/v1`. With none, nothing is done at all."""
    allowed = frozenset(origins)
    if not allowed:
        return app

    async def allowing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not scope["path"].startswith("/v1/"):
            await app(scope, receive, send)
            return
        origin = _header(scope, b"origin")
        is_allowed = ANY in allowed or origin.decode("latin-1") in allowed
        # The answer to another origin is another one, so caches are to keep them apart.
        said = [(b"access-control-allow-origin", b"*")] if ANY in allowed else [(b"vary", b"Origin")]
        if is_allowed and ANY not in allowed:
            said.append((b"access-control-allow-origin", origin))
        if origin and scope["method"] == "OPTIONS" and _header(scope, b"access-control-request-method"):
            headers = [*said, *_PREFLIGHT] if is_allowed else said
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return

        async def send_shown(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *said, *(_SHOWN if is_allowed else [])]
            await send(message)

        await app(scope, receive, send_shown)

    return allowing


def _header(scope: HTTPScope, name: bytes) -> bytes:
    return next((value for key, value in scope["headers"] if key == name), b"")
