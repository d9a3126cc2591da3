"""`/v1/direct-uploads`: clients send bytes to the blob store themselves, and a file comes of it."""

from typing import Annotated
from uuid import UUID

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response, delete, post
from litestar.types import ASGIApp

from domain.access.cursors import Cursors
from domain.direct_uploads.abort_direct_upload import AbortDirectUpload
from domain.direct_uploads.begin_direct_upload import BeginDirectUpload
from domain.direct_uploads.find_direct_upload import FindDirectUpload
from domain.direct_uploads.list_direct_uploads import ListDirectUploads
from domain.direct_uploads.model import MAX_PARTS
from domain.direct_uploads.sign_parts import SignParts
from domain.files.model import NewFile
from domain.values.cursors import decode_position, encode_position
from domain.values.digests import Digest
from domain.values.media_types import content_type_of
from service.http.access import needs
from service.http.bodies.json_response import JsonResponse
from service.http.bodies.representations import stored_response
from service.http.openapi.parameters import next_cursor, path, query
from service.http.request import FileportRequest
from service.http.resources.direct_uploads import openapi
from service.http.resources.direct_uploads.bodies import (
    DirectUploadBody,
    DirectUploadPage,
    DirectUploadRequest,
    OpenedUploadBody,
    PartPage,
    direct_upload_body,
    direct_upload_path,
    opened_upload_body,
    part_page,
)
from service.http.routing import get_or_head
from service.http.tags import DIRECT_UPLOADS
from service.runtime.direct_upload_completions import DirectUploadCompletions

# Signing takes half a millisecond each.
PARTS = 100
MAX_PARTS_SIGNED = 1000
# By then a completion in the background may have ended.
RETRY_SECONDS = 2

DirectUploadId = Annotated[UUID, path("The direct upload's id.", str(openapi.UPLOAD.id))]


@post("/", status_code=201, access=needs("write"), operation=openapi.POST_DIRECT_UPLOAD)
async def post_direct_upload(
    request: FileportRequest,
    begin: FromDishka[BeginDirectUpload],
    sign: FromDishka[SignParts],
) -> Response[OpenedUploadBody]:
    """Begin an upload whose bytes go to the blob store without passing the service.

    Send the body of each part with the request that the answer has for it, as often as needed and in any order,
    then complete the upload. A file of up to `part_size` bytes is one part. Without a `part_size`, parts have 64
    MiB, or more where 10,000 of them would not do. URLs end after a while; new ones are under `/parts`. They need
    no key and admit no `Authorization`. The conditions and the bucket's policy are checked now and once more when
    the file is stored. A repeat with the same key gets the same upload, as it was when it was opened, with new
    URLs; it is refused, as `/parts` is, once that has ended.
    """
    asked, keyed = await request.read_keyed_json(DirectUploadRequest)
    new = NewFile(
        bucket=asked.bucket,
        name=asked.name,
        content_type=content_type_of(asked.name, asked.content_type),
        metadata=asked.metadata,
        tags=asked.tags,
        size=asked.size,
        digests=() if asked.sha256 is None else (Digest("sha-256", bytes.fromhex(asked.sha256)),),
        precondition=request.precondition,
    )
    upload = await begin(request.caller, new, part_size=asked.part_size, request=keyed)
    body = opened_upload_body(upload, await sign(upload, first=1, limit=PARTS))
    return Response(body, status_code=201, headers={"Location": direct_upload_path(upload.id)})


@get_or_head("/", access=needs("write"), operation=openapi.LIST_DIRECT_UPLOADS)
async def list_direct_uploads(
    request: FileportRequest,
    list_page: FromDishka[ListDirectUploads],
    cursors: FromDishka[Cursors],
    limit: Annotated[int, query("At most so many uploads.", 100, ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, next_cursor(openapi.PAGE.next)] = None,
) -> DirectUploadPage:
    """List the direct uploads that are open or being completed.

    The oldest first.
    """
    known = cursors.take(request.caller, cursor)
    after = None if known is None else decode_position(known, UUID)
    uploads, last = await list_page(request.caller, after=after, limit=limit)
    next_ = cursors.give(request.caller, None if last is None else encode_position(last))
    return DirectUploadPage(items=[direct_upload_body(each) for each in uploads], limit=limit, next=next_)


@get_or_head("/{direct_upload_id:uuid}", access=needs("write"), operation=openapi.GET_DIRECT_UPLOAD)
async def get_direct_upload(
    request: FileportRequest, direct_upload_id: DirectUploadId, find: FromDishka[FindDirectUpload]
) -> DirectUploadBody:
    """Return a direct upload, and what has become of it.

    `completing` while its bytes are taken in; then `completed` with its `file_id`, or `open` again with the
    `failure` of the try, or `failed` where the bytes are not those that were declared.
    """
    return direct_upload_body(await find(request.caller, direct_upload_id))


@get_or_head("/{direct_upload_id:uuid}/parts", access=needs("write"), operation=openapi.GET_DIRECT_UPLOAD_PARTS)
async def get_direct_upload_parts(
    request: FileportRequest,
    *,
    direct_upload_id: DirectUploadId,
    find: FromDishka[FindDirectUpload],
    sign: FromDishka[SignParts],
    first: Annotated[int, query("The number of the first part.", 1, ge=1, le=MAX_PARTS)] = 1,
    limit: Annotated[int, query("At most so many parts.", 100, ge=1, le=MAX_PARTS_SIGNED)] = PARTS,
) -> PartPage:
    """Return the requests that send the parts of a direct upload, with new URLs."""
    upload = await find(request.caller, direct_upload_id)
    return part_page(upload, await sign(upload, first=first, limit=limit))


@post(
    "/{direct_upload_id:uuid}/complete",
    status_code=201,
    access=needs("write"),
    operation=openapi.COMPLETE_DIRECT_UPLOAD,
)
async def complete_direct_upload(
    request: FileportRequest,
    direct_upload_id: DirectUploadId,
    completions: FromDishka[DirectUploadCompletions],
    find: FromDishka[FindDirectUpload],
) -> ASGIApp:
    """Make a file of what was sent to the blob store.

    The bytes are copied, inside the blob store, to where nobody else can write, and the copy is verified: its size,
    and its SHA-256 if that was declared. Of a large file this takes longer than anybody should wait: then the
    answer is 202. Ask `GET` what became of it, or complete it again, which is always safe: an upload becomes one
    file, whatever is asked and however often.
    """
    stored = await completions.complete(request.caller, direct_upload_id)
    if stored is not None:
        return stored_response(stored)
    upload = await find(request.caller, direct_upload_id)
    headers = {"cache-control": "no-store", "retry-after": str(RETRY_SECONDS)}
    return JsonResponse(direct_upload_body(upload), headers, status=202)


@delete("/{direct_upload_id:uuid}", access=needs("write"), operation=openapi.DELETE_DIRECT_UPLOAD)
async def delete_direct_upload(
    request: FileportRequest, direct_upload_id: DirectUploadId, abort: FromDishka[AbortDirectUpload]
) -> None:
    """End a direct upload that has not become a file.

    What was sent to the blob store is removed.
    """
    await abort(request.caller, direct_upload_id)


ROUTER = DishkaRouter(
    "/direct-uploads",
    opt={"tag": DIRECT_UPLOADS},
    route_handlers=[
        post_direct_upload,
        list_direct_uploads,
        get_direct_upload,
        get_direct_upload_parts,
        complete_direct_upload,
        delete_direct_upload,
    ],
)
