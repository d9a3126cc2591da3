"""The rules of every tus request and response: its version, the server's abilities, and overridden methods."""

import re
from collections.abc import Container, Sequence
from http import HTTPStatus
from typing import Any

from litestar.connection import ASGIConnection
from litestar.enums import ScopeType
from litestar.handlers import BaseRouteHandler
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from domain.errors import PreconditionFailedError
from domain.uploads.checksums import ALGORITHMS
from service.http.tus.openapi_headers import TUS_VERSION

VERSION = "1.0.0"
PATH = "/v1/uploads"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "checksum-trailer",
    "termination",
    "concatenation",
    "concatenation-unfinished",
)
OFFSET_OCTET_STREAM = "application/offset+octet-stream"

# A link takes whole uploads.
EXTENSIONS_BY_LINK = tuple(each for each in EXTENSIONS if not each.startswith("concatenation"))

_UPLOADS = re.compile(rf"{PATH}(?:/|$)")
_UPLOADS_BY_LINK = re.compile(r"/s/[^/]+/uploads(?:/|$)")
_VERSION = [(b"tus-resumable", VERSION.encode())]
_REFUSED_VERSION = [*_VERSION, (b"tus-version", VERSION.encode())]
_METHODS = frozenset({"POST", "HEAD", "PATCH", "DELETE", "OPTIONS", "GET"})


class UnsupportedTusVersionError(PreconditionFailedError):
    """The request does not say `Tus-Resumable: 1.0.0`."""

    code = "unsupported_tus_version"
    headers = (TUS_VERSION,)


async def require_version(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard routes of the protocol. Raises `UnsupportedTusVersionError`.

    A coroutine although it awaits nothing: Litestar would run a plain function in a thread.
    """
    if connection.headers.get("tus-resumable") != VERSION:
        raise UnsupportedTusVersionError(f"The request needs the header Tus-Resumable: {VERSION}.")


def speak_tus(app: ASGIApp, *, max_size: int) -> ASGIApp:
    """Wrap `app`: responses to `OPTIONS` name the server's abilities, and every response names the version.

    `X-HTTP-Method-Override` replaces the request's own method, for clients that know only POST.
    """
    abilities, abilities_by_link = (_abilities(max_size, each) for each in (EXTENSIONS, EXTENSIONS_BY_LINK))

    async def tus_app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or not is_tus(scope):
            await app(scope, receive, send)
            return
        own_method = scope["method"]
        _override(scope)
        # The client of such a request waits for a body as long as its response declares.
        is_bodiless = scope["method"] == "HEAD" != own_method

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                versions = _REFUSED_VERSION if message["status"] == HTTPStatus.PRECONDITION_FAILED else _VERSION
                able = (abilities_by_link if _is_by_link(scope) else abilities) if scope["method"] == "OPTIONS" else ()
                headers = message["headers"]
                if message["status"] == HTTPStatus.NO_CONTENT and scope["method"] == "OPTIONS":
                    # Some clients take nothing else.
                    message["status"] = HTTPStatus.OK
                    headers = [*headers, (b"content-length", b"0")]
                if is_bodiless:
                    headers = [(name, b"0" if name == b"content-length" else value) for name, value in headers]
                message["headers"] = [*headers, *versions, *able]
            elif is_bodiless and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        await app(scope, receive, add_headers)

    return tus_app


def _abilities(max_size: int, extensions: Sequence[str]) -> list[tuple[bytes, bytes]]:
    return [
        (b"tus-version", VERSION.encode()),
        (b"tus-extension", ",".join(extensions).encode()),
        (b"tus-checksum-algorithm", ",".join(ALGORITHMS).encode()),
        (b"tus-max-size", str(max_size).encode()),
    ]


def is_tus(scope: HTTPScope, _: Container[bytes] = frozenset()) -> bool:
    """Return whether a request is one of tus, by its path."""
    path = scope["path"]
    if path.startswith("/v1/"):
        return path.startswith(PATH) and _UPLOADS.match(path) is not None
    return _is_by_link(scope)


def _is_by_link(scope: HTTPScope) -> bool:
    return _UPLOADS_BY_LINK.match(scope["path"]) is not None


def _override(scope: HTTPScope) -> None:
    named = next((value for name, value in scope["headers"] if name == b"x-http-method-override"), b"")
    method = named.decode("latin-1").strip().upper()
    if method in _METHODS:
        scope["method"] = method  # type: ignore[typeddict-item] # one of the framework's own
