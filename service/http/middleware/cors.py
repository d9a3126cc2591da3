"""CORS (the Fetch standard): the origins whose pages may call the API, and the response headers that they may read.

A page sends the bearer key by itself, so the credentials of the browser, such as cookies, are never allowed.
"""

import re
from collections.abc import Container, Iterable

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

ANY = "*"
MAX_AGE_SECONDS = 7200

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# Beside those that the standard always allows, or always exposes. Any other is allowed where it is asked for.
_REQUEST_HEADERS = (
    "Authorization, Content-Digest, Content-MD5, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, "
    "If-None-Match, If-Range, If-Unmodified-Since, Range, Repr-Digest, Tus-Resumable, Upload-Checksum, Upload-Concat, "
    "Upload-Defer-Length, Upload-Length, Upload-Metadata, Upload-Offset, Want-Content-Digest, Want-Repr-Digest, "
    "X-HTTP-Method-Override, X-Request-Id, X-Requested-With"
)
_NAMED = frozenset(_REQUEST_HEADERS.lower().split(", "))
_RESPONSE_HEADERS = (
    "Accept-Ranges, Content-Digest, Content-Disposition, Content-Range, ETag, Fileport-File-Id, Fileport-File-Name, "
    "Location, RateLimit, RateLimit-Policy, Repr-Digest, Retry-After, Tus-Checksum-Algorithm, Tus-Extension, "
    "Tus-Max-Size, Tus-Resumable, Tus-Version, Upload-Concat, Upload-Defer-Length, Upload-Expires, Upload-Length, "
    "Upload-Metadata, Upload-Offset, X-Request-Id"
)
# Those that browsers keep for themselves (the Fetch standard's forbidden request-headers), and those of proxies.
_FORBIDDEN = re.compile(
    r"accept-charset|accept-encoding|access-control-request-.*|connection|content-length|cookie2?|date|dnt|expect|"
    r"forwarded|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via|"
    r"x-forwarded-.*"
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]{1,128}")
# Far more than any page needs.
_MAX_ASKED = 100
_PREFLIGHT = [
    (b"access-control-allow-methods", _METHODS.encode()),
    (b"access-control-max-age", str(MAX_AGE_SECONDS).encode()),
]
_EXPOSED = (b"access-control-expose-headers", _RESPONSE_HEADERS.encode())
# They are for the platform that runs the service, whose network a browser may be in.
_OPERATIONAL = frozenset({"/metrics", "/health/live", "/health/ready"})


class AllowedOrigins:
    """The origins whose pages may call the API: some, any with `*`, or none."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)

    def __bool__(self) -> bool:
        return bool(self._origins)

    def allow(self, origin: bytes) -> bool:
        """Return whether pages of `origin` may call."""
        return ANY in self._origins or origin.decode("latin-1") in self._origins

    def common_fields(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        """Return the fields of every response to a request of `origin`, which is empty for none."""
        if ANY in self._origins:
            return [(b"access-control-allow-origin", b"*")]
        if not self._origins:
            return []
        # The response depends on the origin, so caches must keep one for each.
        vary = (b"vary", b"Origin")
        return [vary, (b"access-control-allow-origin", origin)] if self.allow(origin) else [vary]

    def response_fields(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        """Return the fields of a response that is no preflight's."""
        return [*self.common_fields(origin), _EXPOSED] if self.allow(origin) else self.common_fields(origin)


def allow_origins(app: ASGIApp, origins: Iterable[str]) -> ASGIApp:
    """Wrap `app`: pages of `origins`, or of any origin with `*`, may call it. Without any, return `app`.

    Metrics and health are for no page.
    """
    allowed = AllowedOrigins(origins)
    if not allowed:
        return app

    async def allowing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] in _OPERATIONAL:
            await app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        if origin and scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method"):
            headers = allowed.common_fields(origin)
            if allowed.allow(origin):
                headers += [*_PREFLIGHT, (b"access-control-allow-headers", _allowed_headers(scope).encode())]
            await send_preflight(send, headers)
            return

        async def send_exposed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = with_fields(message["headers"], allowed.response_fields(origin))
            await send(message)

        await app(scope, receive, send_exposed)

    return allowing


async def send_preflight(send: Send, fields: Iterable[tuple[bytes, bytes]]) -> None:
    """Answer a preflight with these fields. Some clients take no other success than 200."""
    headers = [*fields, (b"cache-control", b"no-store"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def with_fields(
    headers: Iterable[tuple[bytes, bytes]], fields: Iterable[tuple[bytes, bytes]]
) -> list[tuple[bytes, bytes]]:
    """Return the headers of a response with those of the fields that it does not have yet."""
    present = list(headers)
    return [*present, *(field for field in fields if field not in present)]


def asked_headers(scope: HTTPScope) -> list[str]:
    """Return the headers that a page asks to send, each once and in lower case."""
    lines = [value for name, value in scope["headers"] if name == b"access-control-request-headers"]
    asked = [each.strip().lower() for each in b",".join(lines).decode("latin-1").split(",")[:_MAX_ASKED]]
    return list(dict.fromkeys(each for each in asked if each))


def has_origin(_: HTTPScope, names: Container[bytes]) -> bool:
    """Return whether a request comes from a page, by the `names` of its fields."""
    return b"origin" in names


def header(scope: HTTPScope, wanted: bytes) -> bytes:
    """Return the first line of a request's field, empty where there is none."""
    return next((value for name, value in scope["headers"] if name == wanted), b"")


def _allowed_headers(scope: HTTPScope) -> str:
    """Return the headers that a page may send: those of the API, and those that it asks for unless they are forbidden.

    Tracing adds its own to every request (`traceparent`, `baggage`, `sentry-trace`), as other libraries do.
    """
    more = [each for each in asked_headers(scope) if each not in _NAMED and _may_be_sent(each)]
    return ", ".join([_REQUEST_HEADERS, *more])


def _may_be_sent(name: str) -> bool:
    return bool(_TOKEN.fullmatch(name)) and not _FORBIDDEN.fullmatch(name)
