"""`/v1/archive`: many files as one ZIP."""

from http import HTTPStatus
from typing import Annotated

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import post
from litestar.types import ASGIApp

from domain.archives.model import ByIds, ByPrefix
from domain.archives.read_archive import ReadArchive
from domain.buckets.model import BucketName
from domain.files.names import check_path_name
from domain.values.ranges import ByteRange, resolve_ranges
from service.http.access import needs
from service.http.headers.disposition import content_disposition
from service.http.headers.guards import GUARDS, PRIVATE
from service.http.openapi.parameters import query
from service.http.openapi.schemas import schema_of
from service.http.partial_content import Representation, partial_response
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


@get_or_head("/", access=needs("read", "list"), operation=openapi.GET_ARCHIVE)
async def get_archive(
    request: FileportRequest,
    *,
    bucket: Annotated[str, query("Files in this bucket.", "music", schema_of(BucketName))],
    read: FromDishka[ReadArchive],
    capacity: FromDishka[Capacity],
    prefix: Annotated[
        str | None,
        query("Files whose names begin so, in either normal form; without it, all of the bucket.", "queen/", STORABLE),
    ] = None,
) -> ASGIApp:
    """Return the files of a bucket, or those whose names begin alike, as a ZIP archive."""
    request.refuse_unknown_parameters()
    prefix = storable(prefix) or ""
    archive = await read(request.caller, ByPrefix(bucket, prefix))
    body = ZipBody(archive)
    kept = {"ETag": archive.etag, "Cache-Control": PRIVATE}
    if request.precondition.is_fresh_tag(archive.etag):
        return ContentResponse(body.whole(), kept, capacity.downloads, size=body.length, status=HTTPStatus.NOT_MODIFIED)
    directory = prefix.rstrip("/").rpartition("/")[2]
    headers = {**_headers(directory or bucket, accept_ranges="bytes"), **kept}
    if parts := _wanted_parts(request, archive.etag, body.length):
        representation = Representation(MEDIA_TYPE, body.length, body.part)
        return partial_response(representation, parts, headers, capacity.downloads)
    return _whole_response(body, headers, capacity.downloads)


@post("/", access=needs("read"), operation=openapi.POST_ARCHIVE)
async def post_archive(
    request: FileportRequest, read: FromDishka[ReadArchive], capacity: FromDishka[Capacity]
) -> ASGIApp:
    """Return the files with these ids as a ZIP archive."""
    wanted = await request.read_json(ArchiveRequest)
    name = check_path_name(wanted.name)
    body = ZipBody(await read(request.caller, ByIds(wanted.ids)))
    # Ranges are for GET alone (RFC 9110, section 14.2).
    headers = {**_headers(name, accept_ranges="none"), "Cache-Control": "no-store"}
    return _whole_response(body, headers, capacity.downloads)


def _headers(name: str, *, accept_ranges: str) -> dict[str, str]:
    if not name.lower().endswith(_EXTENSION):
        name += _EXTENSION
    return {
        "Content-Type": MEDIA_TYPE,
        "Content-Disposition": content_disposition(name, inline=False),
        "Accept-Ranges": accept_ranges,
        **GUARDS,
    }


def _wanted_parts(request: FileportRequest, etag: str, size: int) -> tuple[ByteRange, ...]:
    if_range = request.if_range
    if if_range is not None and not if_range.holds_tag(etag):
        return ()
    return resolve_ranges(request.ranges, size)


def _whole_response(body: ZipBody, headers: dict[str, str], limit: ConcurrencyLimit) -> ContentResponse:
    headers["Content-Length"] = str(body.length)
    return ContentResponse(body.whole(), headers, limit, size=body.length)


ROUTER = DishkaRouter("/archive", opt={"tag": CONTENT}, route_handlers=[get_archive, post_archive])
