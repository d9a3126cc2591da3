"""`/schema`: the document, and a page that shows it. Both need no other host."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from litestar import Response, Router
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.routes import BaseRoute
from litestar.types import HTTPScope

from service.http.access import OPEN
from service.http.openapi.document import build_document
from service.http.openapi.operation import Tag
from service.http.request import FileportRequest
from service.http.routing import get_or_head

_STATIC = Path(__file__).parent.parent / "static"
_FILES = {"schema.html": "text/html", "schema.js": "text/javascript", "schema.css": "text/css"}
_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
}


class Page(msgspec.Struct, frozen=True):
    """Bytes to serve, and their entity tag."""

    body: bytes
    media_type: str
    etag: str


def root_route(find_url: Callable[[str, HTTPScope], str]) -> HTTPRouteHandler:
    """Return the handler of `/`, which sends people who open it to the page. `find_url` is as in `schema_router`."""

    @get_or_head("/", access=OPEN, include_in_schema=False)
    async def get_root(request: FileportRequest) -> Response[str]:
        url = find_url("/schema", request.scope)
        headers = {"Location": url, "Cache-Control": "no-store"}
        text = f"Fileport: the API is documented at {url}\n"
        return Response(text, status_code=307, headers=headers, media_type="text/plain")

    return get_root


def schema_router(
    routes: Iterable[BaseRoute], tags: Sequence[Tag], find_url: Callable[[str, HTTPScope], str]
) -> Router:
    """Return the router of the document of `routes`, in the order of their `tags`, and of its page.

    The document is made when it is first asked for. `find_url` returns the URL of a path as the client of a request
    knows it.
    """
    pages = {name: _page((_STATIC / name).read_bytes(), media_type) for name, media_type in _FILES.items()}
    index = pages.pop("schema.html")
    described = [*routes]  # those that the application has by now
    # Few processes are asked for it, and making it takes longer than the rest of the application.
    document = cache(lambda: build_document(described, tags))

    @lru_cache(maxsize=4)
    def document_at(server: str) -> Page:
        return _page(msgspec.json.encode({**document(), "servers": [{"url": server}]}), "application/json")

    @get_or_head("/", access=OPEN)
    async def get_index(request: FileportRequest) -> Response[bytes | None]:
        return _answer(request, index)

    @get_or_head("/{page:str}", access=OPEN)
    async def get_page(request: FileportRequest, page: FromPath[str]) -> Response[bytes | None]:
        if page == "openapi.json":
            return _answer(request, document_at(find_url("", request.scope) or "/"))
        if page not in pages:
            raise NotFoundException
        return _answer(request, pages[page])

    return Router("/schema", route_handlers=[get_index, get_page], include_in_schema=False)


def _page(body: bytes, media_type: str) -> Page:
    return Page(body, media_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')


def _answer(request: FileportRequest, page: Page) -> Response[bytes | None]:
    headers = {**_HEADERS, "ETag": page.etag}
    if request.precondition.excludes(page.etag):
        return Response(None, status_code=304, headers=headers)
    return Response(page.body, headers=headers, media_type=page.media_type)
