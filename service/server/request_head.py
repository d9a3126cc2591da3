"""What a request's head must be before anybody knows the request, and what is answered to another."""

from http import HTTPStatus
from typing import Any

import httptools
import msgspec
import structlog

from service.http.headers.dates import http_date_now
from service.http.problems import MEDIA_TYPE, Problem, code_of, phrase_of
from service.server.connections import Fields

log = structlog.get_logger()


class RefusedError(Exception):
    """The request is refused before anybody knows it."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check_head(method: bytes, version: str, fields: Fields) -> None:
    """Raise `RefusedError` where it is not clear what is asked, of whom, or where the request ends."""
    if version not in {"1.0", "1.1"}:
        raise RefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")
    if method == b"CONNECT":
        raise RefusedError(HTTPStatus.NOT_IMPLEMENTED, "This server is no proxy.")
    hosts = sum(name == b"host" for name, _ in fields)
    if hosts > 1 or (not hosts and version == "1.1"):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "A request has one Host.")  # RFC 9112, section 3.2
    codings = [value.strip().lower() for name, value in fields if name == b"transfer-encoding"]
    if codings and version == "1.0":
        raise RefusedError(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")  # section 6.1
    if codings not in ([], [b"chunked"]):
        raise RefusedError(HTTPStatus.NOT_IMPLEMENTED, "Only chunked is known as Transfer-Encoding.")  # section 6.1


def origin_form(target: bytes) -> bytes:
    """Return the absolute form of a target without its origin; any other as it is (RFC 9112, section 3.2)."""
    url: Any = httptools.parse_url(target)
    if not url.host:
        return target
    return (url.path or b"/") + (b"?" + url.query if url.query else b"")


def refusal_of(error: httptools.HttpParserError) -> RefusedError:
    """Return why the parser, or a callback of it, did not take what came."""
    # What a callback raises is the context of the parser's own error.
    cause = error.__context__
    if isinstance(cause, RefusedError):
        return cause
    if cause is not None and not isinstance(cause, httptools.HttpParserError | UnicodeError):
        log.error("request failed", exc_info=error)
    return RefusedError(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1.")


def too_large(what: str) -> RefusedError:
    """Return the refusal of a section that has `what`."""
    return RefusedError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head, or the trailer section, has {what}.")


def answer_to(refusal: RefusedError) -> bytes:
    """Return the whole answer to what is refused: a problem, the last on its connection."""
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
