"""The rules for the head of a request, checked before the application sees it, and the response to a bad one."""

from http import HTTPStatus
from typing import Any

import httptools
import msgspec
import structlog

from service.http.connection import Fields
from service.http.headers.dates import http_date_now
from service.http.problems import MEDIA_TYPE, Problem, code_of, phrase_of

log = structlog.get_logger()


class RequestRefusedError(Exception):
    """The server refuses the request before the application sees it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check_head(method: bytes, version: str, fields: Fields) -> None:
    """Raise `RequestRefusedError` where the request, its host or its end is ambiguous or not supported."""
    if version not in {"1.0", "1.1"}:
        raise RequestRefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")
    if method == b"CONNECT":
        raise RequestRefusedError(HTTPStatus.NOT_IMPLEMENTED, "This server is no proxy.")
    hosts = sum(name == b"host" for name, _ in fields)
    if hosts > 1 or (not hosts and version == "1.1"):
        raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "A request has one Host.")  # RFC 9112, section 3.2
    codings = [value.strip().lower() for name, value in fields if name == b"transfer-encoding"]
    if codings and version == "1.0":
        raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")  # section 6.1
    if codings not in ([], [b"chunked"]):
        # Section 6.1.
        raise RequestRefusedError(HTTPStatus.NOT_IMPLEMENTED, "Only chunked is known as Transfer-Encoding.")


def origin_form(target: bytes) -> bytes:
    """Return a target in absolute form without its origin; any other form unchanged (RFC 9112, section 3.2)."""
    url: Any = httptools.parse_url(target)
    if not url.host:
        return target
    return (url.path or b"/") + (b"?" + url.query if url.query else b"")


def head_without_upgrade(method: bytes, target: bytes, version: str, fields: Fields) -> bytes:
    """Return the head again, without its Upgrade field."""
    lines = [name + b": " + value for name, value in fields if name != b"upgrade"]
    return b"\r\n".join([b" ".join([method, target, b"HTTP/" + version.encode()]), *lines, b"", b""])


def refusal_of(error: httptools.HttpParserError) -> RequestRefusedError:
    """Return the refusal for an error of the parser, or of one of its callbacks."""
    # The parser wraps the exception of a callback, which becomes the context of its own error.
    cause = error.__context__
    if isinstance(cause, RequestRefusedError):
        return cause
    if cause is not None and not isinstance(cause, httptools.HttpParserError | UnicodeError):
        log.error("request failed", exc_info=error)
    return RequestRefusedError(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1.")


def too_large(excess: str) -> RequestRefusedError:
    """Return the refusal of a head or trailer section that has `excess`, such as "more than 100 fields"."""
    return RequestRefusedError(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head, or the trailer section, has {excess}."
    )


def refusal_response(refusal: RequestRefusedError) -> bytes:
    """Return the whole response to a refused request: a problem, the last response of its connection."""
    status, phrase = refusal.status, phrase_of(refusal.status)
    body = msgspec.json.encode(Problem(title=phrase, status=status, detail=refusal.detail, code=code_of(status)))
    fields = [
        (b"date", http_date_now()),
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
    ]
    lines = [f"HTTP/1.1 {status.value} {phrase}".encode(), *(name + b": " + value for name, value in fields), b"", body]
    return b"\r\n".join(lines)
