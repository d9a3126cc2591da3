"""Uploads in response headers, and in JSON."""

from datetime import UTC
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import MediaType, Response
from msgspec import Meta

from domain.buckets.model import BucketName
from domain.files.metadata import Metadata, Tags
from domain.files.model import Size
from domain.files.names import FileName
from domain.uploads.model import Upload, UploadKind
from domain.values.media_types import ContentType
from domain.values.numbers import Positive
from domain.values.times import UtcTime
from service.http.headers.dates import http_date
from service.http.tus.headers import concat_of


class UploadBody(msgspec.Struct, frozen=True, kw_only=True):
    """An upload under way. `received` counts the bytes that are durable; `length` is null while it is not known."""

    id: UUID
    kind: UploadKind
    bucket: Annotated[BucketName, Meta(description="Null for a part, which becomes no file of its own.")] | None
    name: FileName | None
    content_type: ContentType | None
    metadata: Metadata | None
    tags: Tags | None
    length: Annotated[Size, Meta(description="Bytes; null while it is not known.")] | None
    received: Annotated[Size, Meta(description="Bytes that are durable.")]
    created_at: UtcTime
    expires_at: Annotated[UtcTime, Meta(description="Until when it waits for more, in UTC.")]


class UploadPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of uploads; `next` is the cursor of the next one, null on the last."""

    items: list[UploadBody]
    limit: Positive
    next: str | None


def upload_body(upload: Upload) -> UploadBody:
    """Return an upload as listings have it."""
    target = upload.target
    return UploadBody(
        id=upload.id,
        kind=upload.kind,
        bucket=None if target is None else target.bucket,
        name=None if target is None else target.name,
        content_type=None if target is None else target.content_type,
        metadata=None if target is None else target.metadata,
        tags=None if target is None else target.tags,
        length=upload.length,
        received=upload.size,
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def begun_response(upload: Upload, uploads: str) -> Response[None]:
    """Return the response to the beginning of an upload, whose URL lies below that of all `uploads`."""
    location = {"Location": f"{uploads}/{upload.id}"}
    return _empty(201, {**location, **_progress(upload)})


def added_response(upload: Upload) -> Response[None]:
    """Return the response to an addition."""
    return _empty(204, _progress(upload))


def found_response(upload: Upload) -> Response[None]:
    """Return the response with an upload's progress."""
    headers = _progress(upload)
    if upload.length is not None:
        headers["Upload-Length"] = str(upload.length)
    elif upload.kind != "final":
        headers["Upload-Defer-Length"] = "1"
    if upload.given:
        headers["Upload-Metadata"] = upload.given
    if concat := concat_of(upload):
        headers["Upload-Concat"] = concat
    return _empty(200, headers)


def _empty(status: int, headers: dict[str, str]) -> Response[None]:
    return Response(None, status_code=status, headers=headers, media_type=MediaType.TEXT)


def _progress(upload: Upload) -> dict[str, str]:
    headers: dict[str, str] = {}
    # A final upload has an offset once it is concatenated.
    if upload.kind != "final" or upload.is_finished:
        headers["Upload-Offset"] = str(upload.size)
    if upload.file_id is not None:
        headers["Fileport-File-Id"] = str(upload.file_id)
    elif not (upload.is_finished and upload.kind == "whole"):
        headers["Upload-Expires"] = http_date(upload.expires_at.astimezone(UTC))
    return headers
