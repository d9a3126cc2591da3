"""A file's record in JSON, and the responses that several resources give with it."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from domain.files.metadata import JsonObject
from domain.files.model import File, Stored


class FileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A file. `etag` is the value of the header of that name, quotes included, fit for `If-Match`."""

    id: UUID
    bucket: str
    name: str
    content_type: str
    size: int
    sha256: str
    etag: str
    metadata: JsonObject
    tags: tuple[str, ...]
    revision: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None


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


def file_response(file: File, *, status: int = 200) -> Response[FileBody]:
    """Return the response that carries a file's record."""
    headers = {"ETag": file.etag}
    if status == 201:
        headers["Location"] = f"/v1/files/{file.id}"
    return Response(file_body(file), status_code=status, headers=headers)


def stored_response(stored: Stored) -> Response[FileBody]:
    """Return the response to an upload: 201 for a new file, 200 for one that was replaced."""
    return file_response(stored.file, status=201 if stored.created else 200)
