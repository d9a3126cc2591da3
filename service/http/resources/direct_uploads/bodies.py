"""Direct uploads in JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from domain.buckets.model import MAX_FILE_BYTES
from domain.direct_uploads.model import DirectUpload, Failure, State
from domain.direct_uploads.sign_parts import SignedPart
from domain.files.metadata import JsonObject

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


class DirectUploadBody(msgspec.Struct, frozen=True, kw_only=True):
    """A direct upload, and the file that it is to become: null for metadata and tags keeps those of a file there."""

    id: UUID
    state: State
    bucket: str
    name: str
    content_type: str
    size: int
    sha256: str | None
    metadata: JsonObject | None
    tags: tuple[str, ...] | None
    part_size: int
    part_count: int
    file_id: UUID | None
    failure: Failure | None
    created_at: datetime
    expires_at: datetime


class PartBody(msgspec.Struct, frozen=True, kw_only=True):
    """The request that sends a part, of so many bytes, to the blob store."""

    number: int
    size: int
    method: str
    url: str
    headers: dict[str, str]


class PartPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some parts; `next` is the number of the first one after them, null where there are no more."""

    items: list[PartBody]
    next: int | None


class OpenedUploadBody(DirectUploadBody, frozen=True, kw_only=True):
    """A direct upload that was opened, and its first parts."""

    parts: PartPage


class DirectUploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of direct uploads; `next` is the cursor of the next one, null on the last."""

    items: list[DirectUploadBody]
    limit: int
    next: str | None


def direct_upload_path(id: UUID) -> str:
    """Return the path of an upload."""
    return f"/v1/direct-uploads/{id}"


def direct_upload_body(upload: DirectUpload) -> DirectUploadBody:
    """Return an upload as callers see it."""
    file = upload.file
    return DirectUploadBody(
        id=upload.id,
        state=upload.state,
        bucket=file.bucket,
        name=file.name,
        content_type=file.content_type,
        size=upload.size,
        sha256=next((digest.value.hex() for digest in file.digests), None),
        metadata=file.metadata,
        tags=file.tags,
        part_size=upload.part_size,
        part_count=upload.part_count,
        file_id=upload.file_id,
        failure=upload.failure,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def opened_upload_body(upload: DirectUpload, parts: Sequence[SignedPart]) -> OpenedUploadBody:
    """Return an upload that was opened."""
    return OpenedUploadBody(**msgspec.structs.asdict(direct_upload_body(upload)), parts=part_page(upload, parts))


def part_page(upload: DirectUpload, parts: Sequence[SignedPart]) -> PartPage:
    """Return consecutive parts of an upload as callers see them."""
    is_last = not parts or parts[-1].number == upload.part_count
    return PartPage(items=[_part_body(part) for part in parts], next=None if is_last else parts[-1].number + 1)


def _part_body(part: SignedPart) -> PartBody:
    request = part.request
    return PartBody(number=part.number, size=part.size, method=request.method, url=request.url, headers=request.headers)
