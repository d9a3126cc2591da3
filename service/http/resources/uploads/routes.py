"""`/v1/uploads`: uploads that go on where they were cut."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import HttpMethod, Request, Response, delete, get, patch, post, route
from litestar.params import FromPath, FromQuery, QueryParameter
from msgspec.structs import replace

from domain.buckets.model import check_bucket_name
from domain.files.search.model import DEFAULT_LIMIT, MAX_LIMIT
from domain.uploads.append_to_upload import Addition, AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.find_upload import FindUpload
from domain.uploads.list_uploads import ListUploads
from domain.values.cursors import decode_position, encode_position
from service.http.base_url import base_url
from service.http.bodies import declared_length, stream_body
from service.http.idempotency import keyed_request
from service.http.resources.uploads.bodies import (
    UploadPage,
    added_response,
    begun_response,
    found_response,
    upload_body,
)
from service.http.resources.uploads.headers import (
    checksum_of,
    has_body,
    late_length,
    new_upload,
    offset_of,
    require_bytes,
)
from service.http.resources.uploads.protocol import require_version
from service.runtime.concurrency import Capacity
from service.settings import Settings

Limit = Annotated[int, QueryParameter(ge=1, le=MAX_LIMIT)]


@get("/")
@inject
async def list_uploads(
    list_uploads: FromDishka[ListUploads],
    bucket: FromQuery[str | None] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: FromQuery[str | None] = None,
) -> UploadPage:
    """List the uploads that are under way, the oldest first, a page at a time."""
    bucket = None if bucket is None else check_bucket_name(bucket)
    after = None if cursor is None else decode_position(cursor, UUID)
    uploads, last = await list_uploads(bucket=bucket, after=after, limit=limit)
    next_ = None if last is None else encode_position(last)
    return UploadPage(items=[upload_body(each) for each in uploads], limit=limit, next=next_)


@post("/", status_code=201, request_max_body_size=None, guards=[require_version])
@inject
async def begin_upload(
    request: Request[Any, Any, Any],
    begin_upload: FromDishka[BeginUpload],
    capacity: FromDishka[Capacity],
    settings: FromDishka[Settings],
) -> Response[None]:
    """Begin an upload, with its first bytes or without."""
    new = new_upload(request)
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    keyed = keyed_request(request, msgspec.json.encode(replace(new, target=None)))
    if not has_body(request):
        return begun_response(await begin_upload(new, request=keyed), base)
    require_bytes(request)
    first = Addition(offset=0, size=declared_length(request), checksum=checksum_of(request))
    async with capacity.uploads.slot():
        return begun_response(await begin_upload(new, first, stream_body(request), keyed), base)


@route("/{upload_id:uuid}", http_method=[HttpMethod.HEAD], guards=[require_version])
@inject
async def find_upload(upload_id: FromPath[UUID], find_upload: FromDishka[FindUpload]) -> Response[None]:
    """Tell how far an upload is."""
    return found_response(await find_upload(upload_id))


@patch("/{upload_id:uuid}", status_code=204, request_max_body_size=None, guards=[require_version])
@inject
async def append_to_upload(
    request: Request[Any, Any, Any],
    upload_id: FromPath[UUID],
    append_to_upload: FromDishka[AppendToUpload],
    capacity: FromDishka[Capacity],
) -> Response[None]:
    """Add bytes to an upload. With the last of them it becomes a file."""
    require_bytes(request)
    addition = Addition(
        offset=offset_of(request),
        size=declared_length(request),
        length=late_length(request),
        checksum=checksum_of(request),
    )
    async with capacity.uploads.slot():
        return added_response(await append_to_upload(upload_id, addition, stream_body(request)))


@delete("/{upload_id:uuid}", guards=[require_version])
@inject
async def end_upload(upload_id: FromPath[UUID], end_upload: FromDishka[EndUpload]) -> None:
    """End an upload and give its bytes up. A file that it became stays."""
    await end_upload(upload_id)
