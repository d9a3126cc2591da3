"""Uploads in request headers."""

from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from litestar.exceptions import HTTPException
from msgspec.structs import replace

from domain.buckets.model import MAX_BYTES
from domain.uploads.errors import InvalidUploadError
from domain.uploads.model import NewUpload, Upload, UploadKind
from service.http.request import FileportRequest
from service.http.tus.protocol import OFFSET_OCTET_STREAM, PATH
from service.http.tus.single_headers import single_value
from service.http.tus.upload_metadata import decode_metadata, described_file


def new_upload(request: FileportRequest) -> NewUpload:
    """Return the upload that the request begins.

    Conditions are those of the file, so a partial upload has none. Raises `InvalidUploadError`,
    `InvalidConditionError`, and the errors of invalid metadata.
    """
    concat = (single_value(request, "upload-concat") or "").strip()
    kind, parts = _parse_concat(concat)
    given = single_value(request, "upload-metadata") or ""
    values = decode_metadata(given)
    return NewUpload(
        kind=kind,
        target=None if kind == "partial" else replace(described_file(values), precondition=request.precondition),
        length=None if kind == "final" and "upload-length" not in request.headers else _length(request),
        given=given,
        concat=concat,
        parts=parts,
    )


def fingerprint_of(new: NewUpload) -> bytes:
    """Return the bytes by which a repeat of the request is known, in the form of former releases.

    The file comes from the metadata `given`, and parts are the same by whatever URLs they are named.
    """
    described = msgspec.to_builtins(replace(new, target=None))
    del described["concat"]
    return msgspec.json.encode(described)


def offset_of(request: FileportRequest) -> int:
    """Return the offset of the request's bytes."""
    offset = _whole(request, "upload-offset")
    if offset is None:
        raise InvalidUploadError("Upload-Offset is missing.")
    return offset


def late_length(request: FileportRequest) -> int | None:
    """Return the length of the whole upload, None if the request does not have it."""
    return _whole(request, "upload-length")


def require_bytes(request: FileportRequest) -> None:
    """Raise 415 unless the body is declared as bytes of an upload."""
    if request.media_type != OFFSET_OCTET_STREAM:
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            detail=f"The body is not declared as {OFFSET_OCTET_STREAM}.",
        )


def has_body(request: FileportRequest) -> bool:
    """Tell whether the request has a body."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0").strip("0") != ""


def concat_of(upload: Upload) -> str | None:
    """Return the value of `Upload-Concat` for an upload, as it was sent; None for a whole one."""
    if upload.kind == "final":
        return upload.concat or f"final;{' '.join(f'{PATH}/{each}' for each in upload.parts)}"
    return "partial" if upload.kind == "partial" else None


def _parse_concat(value: str) -> tuple[UploadKind, tuple[UUID, ...]]:
    if not value:
        return "whole", ()
    if value == "partial":
        return "partial", ()
    kind, _, urls = value.partition(";")
    if kind != "final":
        raise InvalidUploadError("Upload-Concat is partial, or final; and the partial uploads' URLs.")
    return "final", tuple(map(_id_in, urls.split()))


def _id_in(url: str) -> UUID:
    # The path before it is the proxy's to name.
    with suppress(ValueError):
        return UUID(urlsplit(url).path.rpartition("/")[2])
    raise InvalidUploadError(f"Upload-Concat names no upload with {url[:200]!r}.")


def _length(request: FileportRequest) -> int | None:
    length = _whole(request, "upload-length")
    deferred = single_value(request, "upload-defer-length")
    if deferred not in {None, "1"}:
        raise InvalidUploadError("Upload-Defer-Length is 1.")
    if (length is None) == (deferred is None):
        raise InvalidUploadError("Either Upload-Length or Upload-Defer-Length is needed.")
    return length


def _whole(request: FileportRequest, name: str) -> int | None:
    value = single_value(request, name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 19 or int(value) > MAX_BYTES:
        raise InvalidUploadError(f"{name.title()} is not a whole number of bytes.")
    return int(value)
