"""A file's record in JSON, and the responses that several resources give with it."""

from typing import Annotated
from uuid import UUID

import msgspec

from domain.buckets.model import BucketName
from domain.files.metadata import Metadata, Tags
from domain.files.model import ETag, Expiry, File, Sha256, Size, Stored
from domain.files.names import FileName
from domain.values.media_types import ContentType
from domain.values.numbers import Positive
from domain.values.times import UtcTime
from service.http.bodies.json_response import JsonResponse


class FileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `etag` is the value of the header of that name, quotes included, fit for `If-Match`."""

    id: UUID
    bucket: BucketName
    name: FileName
    content_type: ContentType
    size: Size
    sha256: Sha256
    etag: ETag
    metadata: Metadata
    tags: Tags
    revision: Annotated[
        Positive, msgspec.Meta(description="Begins at 1 and grows with every change of the record or its bytes.")
    ]
    created_at: UtcTime
    updated_at: Annotated[UtcTime, msgspec.Meta(description="When the record or its bytes last changed, in UTC.")]
    expires_at: Expiry | None


def file_body(file: File) -> FileBody:
    """Return a file as callers see it."""
    return FileBody(
        id=file.id,
        bucket=file.bucket,
        name=file.name,
        content_type=file.content_type,
        size=file.size,
        sha256=file.sha256,
        etag=file.etag,
        metadata=file.metadata,
        tags=file.tags,
        revision=file.revision,
        created_at=file.created_at,
        updated_at=file.updated_at,
        expires_at=file.expires_at,
    )


def file_response(file: File, *, status: int = 200) -> JsonResponse:
    """Return the response that carries a file's record."""
    headers = {"cache-control": "no-store", "etag": file.etag}
    if status == 201:
        headers["location"] = f"/v1/files/{file.id}"
    return JsonResponse(file_body(file), headers, status=status)


def stored_response(stored: Stored) -> JsonResponse:
    """Return the response to an upload: 201 for a new file, 200 for one that was replaced."""
    return file_response(stored.file, status=201 if stored.created else 200)
