"""`/v1/uploads`: uploads that go on where they were cut."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import HttpMethod, Response, delete, get, patch, post, route

from domain.access.cursors import Cursors
from domain.buckets.model import BucketName
from domain.files.search.model import DEFAULT_LIMIT, MAX_LIMIT
from domain.uploads.append_to_upload import AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.find_upload import FindUpload
from domain.uploads.list_uploads import ListUploads
from domain.values.cursors import decode_position, encode_position
from service.http.access import needs
from service.http.openapi.parameters import path, query
from service.http.openapi.schemas import schema_of
from service.http.proxies.base_url import base_url
from service.http.request import FileportRequest
from service.http.resources.uploads import openapi
from service.http.tags import UPLOADS
from service.http.tus.additions import addition_of, first_addition_of
from service.http.tus.bodies import (
    UploadPage,
    added_response,
    begun_response,
    found_response,
    upload_body,
)
from service.http.tus.headers import (
    fingerprint_of,
    has_body,
    new_upload,
)
from service.http.tus.protocol import PATH, require_version
from service.runtime.concurrency import Capacity
from service.settings import Settings

UploadId = Annotated[UUID, path("The upload's id.", str(openapi.UPLOAD.id))]


@get("/", access=needs("write"), operation=openapi.LIST_UPLOADS)
async def list_uploads(
    request: FileportRequest,
    *,
    list_page: FromDishka[ListUploads],
    cursors: FromDishka[Cursors],
    bucket: Annotated[str | None, query("Only uploads to this bucket.", "music", schema_of(BucketName))] = None,
    limit: Annotated[int, query("How many at most.", 2, ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, query("The `next` of the page before.", openapi.PAGE.next)] = None,
) -> UploadPage:
    """List the uploads that are under way, the oldest first, a page at a time.

    `received` counts the bytes that are durable. Finished uploads are files, and listed there. It needs no
    `Tus-Resumable`.
    """
    known = cursors.take(request.caller, cursor)
    after = None if known is None else decode_position(known, UUID)
    uploads, last = await list_page(request.caller, bucket=bucket, after=after, limit=limit)
    next_ = cursors.give(request.caller, None if last is None else encode_position(last))
    return UploadPage(items=[upload_body(each) for each in uploads], limit=limit, next=next_)


@post(
    "/",
    status_code=201,
    request_max_body_size=None,
    guards=[require_version],
    access=needs("write"),
    operation=openapi.BEGIN_UPLOAD,
)
async def begin_upload(
    request: FileportRequest,
    begin: FromDishka[BeginUpload],
    capacity: FromDishka[Capacity],
    settings: FromDishka[Settings],
) -> Response[None]:
    """Begin an upload, with its first bytes or without.

    The file is what `Upload-Metadata` says: `filename` is its name, else the upload's id; `filetype` its content
    type, where it says one, else the name's extension decides, else the bytes; `bucket`, else `default`; `metadata`,
    a JSON object; `tags`, a JSON array, or with commas between. Other keys are kept in the file's metadata, as texts.
    With a body, declared as `application/offset+octet-stream`, the first bytes come along. The conditions are those
    of the file, checked now and once more when it is stored; on a partial upload they mean nothing. A repeat with
    the same key gets the same upload, as it is by now, and its bytes are not read.
    """
    new = new_upload(request)
    base = base_url(request.scope, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies) + PATH
    keyed = request.keyed(fingerprint_of(new))
    if not has_body(request):
        return begun_response(await begin(request.caller, new, request=keyed), base)
    first = first_addition_of(request)
    async with capacity.uploads.slot(request.caller):
        return begun_response(await begin(request.caller, new, first, request.stream(), keyed), base)


@route(
    "/{upload_id:uuid}",
    http_method=[HttpMethod.HEAD],
    guards=[require_version],
    access=needs("write"),
    operation=openapi.FIND_UPLOAD,
)
async def find_upload(request: FileportRequest, upload_id: UploadId, find: FromDishka[FindUpload]) -> Response[None]:
    """Tell how far an upload is.

    The full offset is told once the file is committed, and its id with it. A request that adds to the upload and
    moves nothing gives way; one that moves goes on, and what is durable is told.
    """
    return found_response(await find(request.caller, upload_id))


@patch(
    "/{upload_id:uuid}",
    status_code=204,
    request_max_body_size=None,
    guards=[require_version],
    access=needs("write"),
    operation=openapi.APPEND_TO_UPLOAD,
)
async def append_to_upload(
    request: FileportRequest,
    upload_id: UploadId,
    append: FromDishka[AppendToUpload],
    capacity: FromDishka[Capacity],
) -> Response[None]:
    """Add bytes to an upload. With the last of them it becomes a file.

    What comes before a disconnect is kept. With `Upload-Checksum`, all of the body is added or nothing.
    `Upload-Length` is for an upload that was begun without one.
    """
    addition = addition_of(request)
    async with capacity.uploads.slot(request.caller):
        return added_response(await append(request.caller, upload_id, addition, request.stream()))


@delete("/{upload_id:uuid}", guards=[require_version], access=needs("write"), operation=openapi.END_UPLOAD)
async def end_upload(request: FileportRequest, upload_id: UploadId, end: FromDishka[EndUpload]) -> None:
    """End an upload and give its bytes up. A file that it became stays.

    Its bytes are removed some time later.
    """
    await end(request.caller, upload_id)


ROUTER = DishkaRouter(
    "/uploads",
    opt={"tag": UPLOADS},
    route_handlers=[list_uploads, begin_upload, find_upload, append_to_upload, end_upload],
)
