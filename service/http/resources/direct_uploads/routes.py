"""`/v1/direct-uploads`: clients send bytes to the blob store themselves, and a file comes of it."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, Response, delete, post
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.buckets.model import MAX_FILE_BYTES
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
from service.http.get_or_head import read
from service.http.headers.conditions import precondition_of
from service.http.idempotency import read_keyed_json
from service.http.representations import FileBody, stored_response
from service.http.resources.direct_uploads.bodies import (
    DirectUploadBody,
    DirectUploadPage,
    OpenedUploadBody,
    PartPage,
    direct_upload_body,
    direct_upload_path,
    opened_upload_body,
    part_page,
)
from service.runtime.direct_upload_completions import DirectUploadCompletions

# Signing takes half a millisecond each.
PARTS = 100
MAX_PARTS_SIGNED = 1000
# By then a completion that was not waited for may have ended.
RETRY_SECONDS = 2

Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9A-Fa-f]{64}$")]


class DirectUploadRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to come, and of how many bytes. What is left out is as in an upload by name."""

    bucket: str
    name: str
    size: Annotated[int, msgspec.Meta(ge=0, le=MAX_FILE_BYTES)]
    content_type: str | None = None
    sha256: Sha256 | None = None
    metadata: dict[str, object] | None = None
    tags: tuple[str, ...] | None = None
    part_size: int | None = None


@post("/", status_code=201)
@inject
async def post_direct_upload(
    request: Request[Any, Any, Any],
    begin_direct_upload: FromDishka[BeginDirectUpload],
    sign_parts: FromDishka[SignParts],
) -> Response[OpenedUploadBody]:
    """Begin an upload whose bytes go to the blob store without passing the service."""
    asked, keyed = await read_keyed_json(request, DirectUploadRequest)
    new = NewFile(
        bucket=asked.bucket,
        name=asked.name,
        content_type=content_type_of(asked.name, asked.content_type),
        metadata=asked.metadata,
        tags=asked.tags,
        size=asked.size,
        digests=() if asked.sha256 is None else (Digest("sha-256", bytes.fromhex(asked.sha256)),),
        precondition=precondition_of(request),
    )
    upload = await begin_direct_upload(new, part_size=asked.part_size, request=keyed)
    body = opened_upload_body(upload, await sign_parts(upload, first=1, limit=PARTS))
    return Response(body, status_code=201, headers={"Location": direct_upload_path(upload.id)})


@read("/")
@inject
async def list_direct_uploads(
    list_direct_uploads: FromDishka[ListDirectUploads],
    limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    cursor: FromQuery[str | None] = None,
) -> DirectUploadPage:
    """List the direct uploads that are open or being completed."""
    after = None if cursor is None else decode_position(cursor, UUID)
    uploads, last = await list_direct_uploads(after=after, limit=limit)
    next_ = None if last is None else encode_position(last)
    return DirectUploadPage(items=[direct_upload_body(each) for each in uploads], limit=limit, next=next_)


@read("/{direct_upload_id:uuid}")
@inject
async def get_direct_upload(
    direct_upload_id: FromPath[UUID], find_direct_upload: FromDishka[FindDirectUpload]
) -> DirectUploadBody:
    """Return a direct upload, and what has become of it."""
    return direct_upload_body(await find_direct_upload(direct_upload_id))


@read("/{direct_upload_id:uuid}/parts")
@inject
async def get_direct_upload_parts(
    direct_upload_id: FromPath[UUID],
    find_direct_upload: FromDishka[FindDirectUpload],
    sign_parts: FromDishka[SignParts],
    first: Annotated[int, QueryParameter(ge=1, le=MAX_PARTS)] = 1,
    limit: Annotated[int, QueryParameter(ge=1, le=MAX_PARTS_SIGNED)] = PARTS,
) -> PartPage:
    """Return the requests that send the parts of a direct upload, with new URLs."""
    upload = await find_direct_upload(direct_upload_id)
    return part_page(upload, await sign_parts(upload, first=first, limit=limit))


@post("/{direct_upload_id:uuid}/complete", status_code=201)
@inject
async def complete_direct_upload(
    direct_upload_id: FromPath[UUID],
    completions: FromDishka[DirectUploadCompletions],
    find_direct_upload: FromDishka[FindDirectUpload],
) -> Response[FileBody] | Response[DirectUploadBody]:
    """Make a file of what was sent to the blob store."""
    stored = await completions.complete(direct_upload_id)
    if stored is not None:
        return stored_response(stored)
    upload = await find_direct_upload(direct_upload_id)
    return Response(
        direct_upload_body(upload),
        status_code=202,
        headers={"Retry-After": str(RETRY_SECONDS)},
    )


@delete("/{direct_upload_id:uuid}")
@inject
async def delete_direct_upload(
    direct_upload_id: FromPath[UUID], abort_direct_upload: FromDishka[AbortDirectUpload]
) -> None:
    """End a direct upload that has not become a file."""
    await abort_direct_upload(direct_upload_id)
