"""`/v1/archive`: many files as one ZIP."""

from http import HTTPStatus
from typing import Annotated

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import post
from litestar.types import ASGIApp

from domain.archives.model import ByIds, ByPrefix
from domain.archives.read_archive import Archive, ReadArchive
from domain.buckets.model import BucketName
from domain.files.names import check_file_name
from service.http.headers.disposition import content_disposition
from service.http.headers.guards import GUARDS, PRIVATE
from service.http.openapi.parameters import query
from service.http.openapi.schemas import schema_of
from service.http.queries import STORABLE, storable
from service.http.request import FileportRequest
from service.http.resources.archives import openapi
from service.http.resources.archives.bodies import ArchiveRequest
from service.http.resources.archives.zip.body import MEDIA_TYPE, ZipBody
from service.http.routing import get_or_head
from service.http.streaming import ContentResponse
from service.http.tags import CONTENT
from service.runtime.concurrency import Capacity, ConcurrencyLimit

_EXTENSION = ".zip"


@get_or_head("/", operation=openapi.GET_ARCHIVE)
async def get_archive(
    request: FileportRequest,
    *,
    bucket: Annotated[str, query("Files in this bucket.", "music", schema_of(BucketName))],
    read: FromDishka[ReadArchive],
    capacity: FromDishka[Capacity],
    prefix: Annotated[
        str | None, query("Files whose names begin so; without it, all of the bucket.", "queen/", STORABLE)
    ] = None,
) -> ASGIApp:
    """Return the files of a bucket, or those whose names begin alike, as a ZIP archive."""
    request.refuse_unknown_parameters()
    prefix = storable(prefix) or ""
    archive = await read(ByPrefix(bucket, prefix))
    etag = archive.etag
    kept = {"ETag": etag, "Cache-Control": PRIVATE}
    if request.precondition.is_fresh_tag(etag):
        body = ZipBody(archive)
        return ContentResponse(body.open(), kept, capacity.downloads, size=body.length, status=HTTPStatus.NOT_MODIFIED)
    directory = prefix.rstrip("/").rpartition("/")[2]
    return _response(archive, directory or bucket, kept, capacity.downloads)


@post("/", operation=openapi.POST_ARCHIVE)
async def post_archive(
    request: FileportRequest, read: FromDishka[ReadArchive], capacity: FromDishka[Capacity]
) -> ASGIApp:
    """Return the files with these ids as a ZIP archive."""
    wanted = await request.read_json(ArchiveRequest)
    name = check_file_name(wanted.name)
    archive = await read(ByIds(wanted.ids))
    return _response(archive, name, {"Cache-Control": "no-store"}, capacity.downloads)


def _response(archive: Archive, name: str, kept: dict[str, str], limit: ConcurrencyLimit) -> ContentResponse:
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


ROUTER = DishkaRouter("/archive", opt={"tag": CONTENT}, route_handlers=[get_archive, post_archive])
