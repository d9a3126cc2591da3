"""`/v1/archive`: many files as one ZIP."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, post
from litestar.params import FromQuery
from litestar.types import ASGIApp

from domain.archives.model import MAX_CHOSEN_FILES, ByIds, ByPrefix
from domain.archives.read_archive import Archive, ReadArchive
from domain.files.names import check_file_name
from domain.values.dispositions import content_disposition
from service.http.bodies import read_json
from service.http.get_or_head import read
from service.http.headers.conditions import precondition_of
from service.http.queries import refuse_unknown, storable
from service.http.representations import PRIVATE
from service.http.resources.archives.zip.body import MEDIA_TYPE, ZipBody
from service.http.resources.content.headers import GUARDS
from service.http.streaming import ContentResponse
from service.runtime.concurrency import Capacity, ConcurrencyLimit

_EXTENSION = ".zip"


class ArchiveRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which files, in this order, and the name to save the archive under."""

    ids: Annotated[tuple[UUID, ...], msgspec.Meta(min_length=1, max_length=MAX_CHOSEN_FILES)]
    name: str = "files"


@read("/archive")
@inject
async def get_archive(
    request: Request[Any, Any, Any],
    *,
    bucket: FromQuery[str],
    read_archive: FromDishka[ReadArchive],
    capacity: FromDishka[Capacity],
    prefix: FromQuery[str | None] = None,
) -> ASGIApp:
    """Return the files of a bucket, or those whose names begin alike, as a ZIP archive."""
    refuse_unknown(request)
    prefix = storable(prefix) or ""
    archive = await read_archive(ByPrefix(bucket, prefix))
    etag = archive.etag
    kept = {"ETag": etag, "Cache-Control": PRIVATE}
    if precondition_of(request).is_fresh_tag(etag):
        body = ZipBody(archive)
        return ContentResponse(body.open(), kept, capacity.downloads, size=body.length, status=HTTPStatus.NOT_MODIFIED)
    directory = prefix.rstrip("/").rpartition("/")[2]
    return _answer(archive, directory or bucket, kept, capacity.downloads)


@post("/archive")
@inject
async def post_archive(
    request: Request[Any, Any, Any], read_archive: FromDishka[ReadArchive], capacity: FromDishka[Capacity]
) -> ASGIApp:
    """Return the files with these ids as a ZIP archive."""
    wanted = await read_json(request, ArchiveRequest)
    name = check_file_name(wanted.name)
    archive = await read_archive(ByIds(wanted.ids))
    return _answer(archive, name, {"Cache-Control": "no-store"}, capacity.downloads)


def _answer(archive: Archive, name: str, kept: dict[str, str], limit: ConcurrencyLimit) -> ContentResponse:
    body = ZipBody(archive)
    if not name.lower().endswith(_EXTENSION):
        name += _EXTENSION
    headers = {
        "Content-Type": MEDIA_TYPE,
        "Content-Length": str(body.length),
        "Content-Disposition": content_disposition(name, inline=False),
        "Accept-Ranges": "none",
        **kept,
        **GUARDS,
    }
    return ContentResponse(body.open(), headers, limit, size=body.length)
