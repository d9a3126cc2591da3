"""Downloads by name and by id."""

from typing import Any
from uuid import UUID

from dishka.integrations.litestar import FromDishka, inject
from litestar import Request
from litestar.params import FromPath, FromQuery
from litestar.types import ASGIApp

from domain.files.content.read_file import ReadFile
from domain.files.content.read_text import ReadText
from domain.files.content.redirect_read import RedirectRead
from service.http.get_or_head import read
from service.http.paths import location_of
from service.http.resources.content.answers import content_answer, text_answer
from service.http.resources.content.redirects import redirect_answer
from service.runtime.concurrency import Capacity


@read("/{bucket:str}/files/{name:path}")
@inject
async def get_content_by_name(
    request: Request[Any, Any, Any],
    *,
    bucket: FromPath[str],
    name: FromPath[str],  # noqa: ARG001 - for the document; the name is read from the raw path
    read_file: FromDishka[ReadFile],
    redirect_read: FromDishka[RedirectRead],
    capacity: FromDishka[Capacity],
    download: FromQuery[str | None] = None,
    redirect: FromQuery[bool] = False,
) -> ASGIApp:
    """Return the bytes of the file with that name, or parts of them."""
    address = location_of(request, bucket)
    if redirect:
        return await redirect_answer(request, await redirect_read(address), download=download)
    reading = await read_file(address)
    return content_answer(request, reading, capacity.downloads, download=download)


@read("/{file_id:uuid}/content")
@inject
async def get_content(
    request: Request[Any, Any, Any],
    *,
    file_id: FromPath[UUID],
    read_file: FromDishka[ReadFile],
    redirect_read: FromDishka[RedirectRead],
    capacity: FromDishka[Capacity],
    download: FromQuery[str | None] = None,
    redirect: FromQuery[bool] = False,
) -> ASGIApp:
    """Return a file's bytes, or parts of them."""
    if redirect:
        return await redirect_answer(request, await redirect_read(file_id), download=download)
    reading = await read_file(file_id)
    return content_answer(request, reading, capacity.downloads, download=download)


@read("/{file_id:uuid}/text")
@inject
async def get_text(
    request: Request[Any, Any, Any],
    file_id: FromPath[UUID],
    read_text: FromDishka[ReadText],
    capacity: FromDishka[Capacity],
) -> ASGIApp:
    """Return a file decoded as text, in UTF-8."""
    return text_answer(request, await read_text(file_id), capacity.downloads)
