"""Direct uploads in JSON."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.buckets.model import MAX_FILE_BYTES, BucketName
from domain.direct_uploads.model import MAX_PART_SIZE, MAX_PARTS, MIN_PART_SIZE, DirectUpload, Failure, State
from domain.direct_uploads.sign_parts import SignedPart
from domain.files.metadata import Metadata, Tags
from domain.files.model import Sha256, Size
from domain.files.names import FileName, PathName
from domain.values.media_types import ContentType
from domain.values.numbers import Count, Positive
from domain.values.times import UtcTime

AnyCaseSha256 = Annotated[str, Meta(pattern="^[0-9A-Fa-f]{64}$")]


class DirectUploadRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that is to come, and of how many bytes. What is left out is as in an upload by name."""

    bucket: BucketName
    name: PathName
    size: Annotated[int, Meta(ge=0, le=MAX_FILE_BYTES)]
    content_type: ContentType | None = None
    sha256: AnyCaseSha256 | None = None
    metadata: dict[str, object] | None = None
    tags: Tags | None = None
    part_size: int | None = None


class DirectUploadBody(msgspec.Struct, frozen=True, kw_only=True):
    """A direct upload, and the file that it is to become: null for metadata and tags keeps those of a file there."""

    id: UUID
    state: State
    bucket: BucketName
    name: FileName
    content_type: ContentType
    size: Size
    sha256: (
        Annotated[Sha256, Meta(description="The SHA-256 that was declared, in lower-case hex; null: none was.")] | None
    )
    metadata: Metadata | None
    tags: Tags | None
    part_size: Annotated[
        int, Meta(description="Bytes of every part but the last.", extra_json_schema={"minimum": MIN_PART_SIZE})
    ]
    part_count: Annotated[
        Positive, Meta(description="How many parts there are.", extra_json_schema={"maximum": MAX_PARTS})
    ]
    file_id: Annotated[UUID, Meta(description="The file that it has become.")] | None
    failure: Failure | None
    created_at: UtcTime
    expires_at: Annotated[UtcTime, Meta(description="Until then it can be completed.")]


class PartBody(msgspec.Struct, frozen=True, kw_only=True):
    """The request that sends a part, of so many bytes, to the blob store."""

    number: Annotated[Positive, Meta(extra_json_schema={"maximum": MAX_PARTS})]
    size: Annotated[Count, Meta(extra_json_schema={"maximum": MAX_PART_SIZE})]
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
    limit: Positive
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
