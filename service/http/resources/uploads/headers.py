"""Uploads in request headers."""

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar.exceptions import HTTPException
from msgspec.structs import replace

from domain.buckets.model import DEFAULT_BUCKET, MAX_BYTES
from domain.files.model import NewFile
from domain.uploads.checksums import Checksum, LateChecksum, make_checksum
from domain.uploads.errors import InvalidChecksumError, InvalidUploadError, InvalidUploadMetadataError
from domain.uploads.model import NewUpload, UploadKind
from domain.values.media_types import content_type_of
from service.http.annotations import parse_metadata, parse_tags
from service.http.connection import trailers
from service.http.request import FileportRequest
from service.http.resources.uploads.protocol import OFFSET_OCTET_STREAM, PATH

MAX_GIVEN = 256 * 1024

_PAIR = re.compile(r"([!-+\--~]+)(?: ([0-9A-Za-z+/]*={0,2}))?")
_OWN = frozenset({"bucket", "filename", "filetype", "metadata", "tags"})


def new_upload(request: FileportRequest) -> NewUpload:
    """Return the upload that the request begins.

    Conditions are those of the file, so a partial upload has none. Raises `InvalidUploadError`,
    `InvalidConditionError`, and the errors of invalid metadata.
    """
    kind, parts = _concat(request)
    given = request.headers.get("upload-metadata", "")
    values = _metadata(given)
    return NewUpload(
        kind=kind,
        target=None if kind == "partial" else replace(_target(values), precondition=request.precondition),
        length=None if kind == "final" and "upload-length" not in request.headers else _length(request),
        given=given,
        parts=parts,
    )


def offset_of(request: FileportRequest) -> int:
    """Return the offset of the request's bytes."""
    offset = _whole(request, "upload-offset")
    if offset is None:
        raise InvalidUploadError("Upload-Offset is missing.")
    return offset


def late_length(request: FileportRequest) -> int | None:
    """Return the length of the whole upload, None if the request does not have it."""
    return _whole(request, "upload-length")


def checksum_of(request: FileportRequest) -> Checksum | LateChecksum | None:
    """Return the checksum of the request's bytes, which may follow them. Raises `InvalidChecksumError`.

    A trailer counts only if `Trailer` announces it (RFC 9110, section 6.6.2): the hashing begins before the bytes.
    """
    value = request.headers.get("upload-checksum")
    announced = request.field("trailer").lower().split(",")
    if "upload-checksum" not in map(str.strip, announced):
        return None if value is None else _checksum(value)
    if value is not None:
        raise InvalidChecksumError("Upload-Checksum stands in the head, and is announced for the trailer section.")
    if "transfer-encoding" not in request.headers:
        raise InvalidChecksumError("Upload-Checksum is announced, and only chunked bodies have a trailer section.")
    return LateChecksum(partial(_trailing_checksum, request))


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


def concat_of(kind: UploadKind, parts: tuple[UUID, ...]) -> str | None:
    """Return the value of `Upload-Concat` for an upload, None for a whole one."""
    if kind == "final":
        return f"final;{' '.join(f'{PATH}/{each}' for each in parts)}"
    return "partial" if kind == "partial" else None


def _trailing_checksum(request: FileportRequest) -> Checksum:
    match [value for name, value in trailers(request.scope) if name == b"upload-checksum"]:
        case [value]:
            return _checksum(value.decode("latin-1"))
        case _:
            raise InvalidChecksumError("Upload-Checksum is announced, and does not stand once in the trailer section.")


def _checksum(value: str) -> Checksum:
    algorithm, _, encoded = value.strip().partition(" ")
    try:
        return make_checksum(algorithm, b64decode(encoded.strip(), validate=True))
    except (binascii.Error, ValueError):
        raise InvalidChecksumError("Upload-Checksum is an algorithm, a space, and the checksum in Base64.") from None


def _concat(request: FileportRequest) -> tuple[UploadKind, tuple[UUID, ...]]:
    value = request.headers.get("upload-concat", "").strip()
    if not value:
        return "whole", ()
    if value == "partial":
        return "partial", ()
    kind, _, urls = value.partition(";")
    if kind != "final":
        raise InvalidUploadError("Upload-Concat is partial, or final; and the partial uploads' URLs.")
    return "final", tuple(map(_id_in, urls.split()))


def _id_in(url: str) -> UUID:
    try:
        folder, _, last = urlsplit(url).path.rpartition("/")
        if folder.endswith(PATH):
            return UUID(last)
    except ValueError:
        pass
    raise InvalidUploadError(f"Upload-Concat names no upload with {url[:200]!r}.")


def _length(request: FileportRequest) -> int | None:
    length = _whole(request, "upload-length")
    deferred = request.headers.get("upload-defer-length")
    if deferred not in {None, "1"}:
        raise InvalidUploadError("Upload-Defer-Length is 1.")
    if (length is None) == (deferred is None):
        raise InvalidUploadError("Either Upload-Length or Upload-Defer-Length is needed.")
    return length


def _whole(request: FileportRequest, name: str) -> int | None:
    value = request.headers.get(name)
    if value is None:
        return None
    if not value.isascii() or not value.isdigit() or len(value) > 19 or int(value) > MAX_BYTES:
        raise InvalidUploadError(f"{name.title()} is not a whole number of bytes.")
    return int(value)


def _metadata(given: str) -> dict[str, bytes]:
    values: dict[str, bytes] = {}
    if len(given) > MAX_GIVEN:
        raise InvalidUploadMetadataError(f"Upload-Metadata is longer than {MAX_GIVEN} bytes.")
    for each in given.split(",") if given.strip() else ():
        match = _PAIR.fullmatch(each.strip())
        if match is None or match[1] in values:
            raise InvalidUploadMetadataError(
                "Upload-Metadata is a list with commas: each a key that stands once, a space, and the value in Base64."
            )
        try:
            values[match[1]] = b64decode(match[2] or "", validate=True)
        except binascii.Error:
            raise InvalidUploadMetadataError(f"The value of {match[1][:100]!r} is not Base64.") from None
    return values


def _target(values: Mapping[str, bytes]) -> NewFile:
    texts = {key: _text(key, value) for key, value in values.items()}
    name = texts.get("filename", "")
    metadata: dict[str, Any] = {key: value for key, value in texts.items() if key not in _OWN}
    if texts.get("metadata"):
        metadata |= parse_metadata(texts["metadata"])
    return NewFile(
        bucket=texts.get("bucket") or DEFAULT_BUCKET,
        name=name,
        content_type=content_type_of(name, texts.get("filetype")),
        metadata=metadata or None,
        tags=parse_tags([texts["tags"]]) if "tags" in texts else None,
    )


def _text(key: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise InvalidUploadMetadataError(f"The value of {key[:100]!r} is not UTF-8.") from None
