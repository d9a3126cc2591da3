"""The rules for the head of a request, checked before the application sees it."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Literal, NamedTuple
from urllib.parse import unquote

import httptools
import structlog
from uvicorn._types import HTTPScope

from service.http.connection import Fields
from service.server.http1.refusals import RequestRefusedError

log = structlog.get_logger()

# Longer ones the parser of URLs does not take.
MAX_TARGET_BYTES = 65_535

# Those of RFC 9110, but for CONNECT, and PATCH and QUERY. The routes say which of them a resource has.
_METHODS = frozenset({b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"QUERY"})
_TOKEN = rb"[\r\n]*[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# A request line, or the beginning of one, from the method on or from within it.
_LINE = re.compile(_TOKEN + rb"(?: [^\r\n]+ HTTP/[0-9.]+[ \t]*\r?\n|(?: [^\r\n]*)?\Z)")
_VERSIONS = frozenset({"1.0", "1.1"})
_SCHEMES: Mapping[bytes, Literal["http", "https"]] = {b"http": "http", b"https": "https"}
_ABSOLUTE = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL)


def check_head(method: bytes, version: str, fields: Fields) -> int | None:
    """Return the length of the body behind a head, 0 where there is none; None where it is chunked.

    Raises `RequestRefusedError` where the request, its host or its end is ambiguous or not supported.
    """
    _check_line(method, version)
    hosts, length, codings = 0, b"0", []
    for name, value in fields:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            length = value
        elif name == b"transfer-encoding":
            codings.append(value.strip().lower())
    if hosts > 1 or (not hosts and version == "1.1"):
        raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "A request has one Host.")  # RFC 9112, section 3.2
    if not codings:
        return int(length)
    if version == "1.0":
        raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "HTTP/1.0 has no Transfer-Encoding.")  # section 6.1
    if codings != [b"chunked"]:
        # Section 6.1.
        raise RequestRefusedError(HTTPStatus.NOT_IMPLEMENTED, "Only chunked is known as Transfer-Encoding.")
    return None


def _check_line(method: bytes, version: str) -> None:
    if version not in _VERSIONS:
        raise _other_version()
    if method == b"CONNECT":
        raise RequestRefusedError(HTTPStatus.NOT_IMPLEMENTED, "This server is no proxy.")
    if method not in _METHODS:
        raise _unknown_method()


def begin_scope(
    scope: HTTPScope, method: bytes, version: str, target: bytes, fields: list[tuple[bytes, bytes]]
) -> None:
    """Write into the scope of a request what its request line says.

    The host of a target in absolute form becomes that of the `fields`.
    """
    if not target.startswith(b"/") and (absolute := absolute_form(target)) is not None:
        # It wins over Host (RFC 9112, section 3.2.2).
        target, scope["scheme"] = absolute.origin_form, absolute.scheme
        fields[:] = [(b"host", absolute.host), *(each for each in fields if each[0] != b"host")]
    url = httptools.parse_url(target)
    path = url.path.decode("ascii")
    scope["method"], scope["http_version"] = method.decode("ascii"), version
    scope["path"] = unquote(path) if "%" in path else path
    scope["raw_path"], scope["query_string"] = url.path, url.query or b""


class AbsoluteForm(NamedTuple):
    """A target in absolute form (RFC 9112, section 3.2.2)."""

    scheme: Literal["http", "https"]
    host: bytes
    origin_form: bytes


def absolute_form(target: bytes) -> AbsoluteForm | None:
    """Return a target in absolute form, None for any other. Raises `RequestRefusedError` for one of no web server."""
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        return None
    scheme, host, rest = _SCHEMES.get(match[1].lower()), match[2], match[3].partition(b"#")[0]
    if scheme is None or not host or b"@" in host:
        raise RequestRefusedError(HTTPStatus.BAD_REQUEST, "The target is no URL of http or https, or names a user.")
    return AbsoluteForm(scheme, host, rest if rest.startswith(b"/") else b"/" + rest)


def too_long() -> RequestRefusedError:
    """Return the refusal of a target of more than `MAX_TARGET_BYTES`."""
    return RequestRefusedError(
        HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL is longer than {MAX_TARGET_BYTES} bytes: send less in its query."
    )


def head_without_upgrade(method: bytes, target: bytes, version: str, fields: Fields) -> bytes:
    """Return the head again, without its Upgrade field."""
    lines = [name + b": " + value for name, value in fields if name != b"upgrade"]
    return b"\r\n".join([b" ".join([method, target, b"HTTP/" + version.encode()]), *lines, b"", b""])


def refusal_of(error: httptools.HttpParserError, version: str, data: bytes) -> RequestRefusedError:
    """Return the refusal for an error of the parser, or of one of its callbacks.

    `version` is what the parser has read of it, 0.0 for nothing; `data` are the bytes that came last.
    """
    # The parser wraps the exception of a callback, which becomes the context of its own error.
    cause = error.__context__
    if isinstance(cause, RequestRefusedError):
        return cause
    if cause is not None and not isinstance(cause, httptools.HttpParserError | UnicodeError):
        log.error("request failed", exc_info=error)
    if isinstance(error, httptools.HttpParserInvalidMethodError) and _LINE.match(data):
        return _unknown_method()
    if version not in {"0.0", *_VERSIONS}:
        return _other_version()
    if isinstance(error, httptools.HttpParserInvalidURLError):
        return RequestRefusedError(HTTPStatus.BAD_REQUEST, "The target is neither a path nor a URL, percent-encoded.")
    return RequestRefusedError(HTTPStatus.BAD_REQUEST, "This is not HTTP/1.1.")


def _unknown_method() -> RequestRefusedError:
    return RequestRefusedError(HTTPStatus.NOT_IMPLEMENTED, "No resource of this server has that method.")


def _other_version() -> RequestRefusedError:
    return RequestRefusedError(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1.")


def too_large(excess: str) -> RequestRefusedError:
    """Return the refusal of a head or trailer section that has `excess`, such as "more than 100 fields"."""
    return RequestRefusedError(
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head, or the trailer section, has {excess}."
    )


def crowded(reason: str) -> RequestRefusedError:
    """Return the refusal of a connection or a head for which there is no room, such as "Too many large heads wait."."""
    return RequestRefusedError(HTTPStatus.SERVICE_UNAVAILABLE, reason)
