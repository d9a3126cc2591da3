"""What the API says of buckets and files, in JSON and in headers."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import Response

from domain.files.metadata import JsonObject
from domain.files.model import File, Stored
from domain.values.preconditions import last_modified
from service.http.headers.dates import http_date

# Who reads needs a key, so no cache that is shared may keep it; and what is kept is asked for again, with its tag.
PRIVATE = "private, no-cache"


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


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of files. `total` is null unless it was asked for; `next` is the next page's cursor, null on the last."""

    items: list[FileBody]
    limit: int
    offset: int
    total: int | None
    next: str | None


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


def found_response(file: File) -> Response[FileBody | None]:
    """Return the response to who asks for a file's record, and may keep it."""
    headers = {**_kept(file), "Last-Modified": http_date(last_modified(file))}
    return Response(file_body(file), headers=headers)


def unchanged_response(file: File) -> Response[FileBody | None]:
    """Return the response to who has the record already (RFC 9110, section 15.4.5)."""
    return Response(None, status_code=304, headers=_kept(file))


def _kept(file: File) -> dict[str, str]:
    return {"ETag": file.etag, "Cache-Control": PRIVATE}


def stored_response(stored: Stored) -> Response[FileBody]:
    """Return the response to an upload: 201 for a new file, 200 for one that was replaced."""
    return file_response(stored.file, status=201 if stored.created else 200)
