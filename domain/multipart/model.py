"""Multipart uploads and their parts.

They are as S3 has them: Amazon S3 User Guide, "Uploading and copying objects using multipart upload".
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.blobs.parts import StoredPart
from domain.files.attributes import ChecksumKind
from domain.files.model import NewFile, Stored
from domain.values.checksums import DEFAULT_ALGORITHM

# S3's own limits.
MAX_PARTS = 10_000
LEAST_PART_SIZE = 5 * 1024**2
MAX_PART_SIZE = 5 * 1024**3


class MultipartAddress(msgspec.Struct, frozen=True):
    """Where an upload is: its id counts only together with the bucket and the name that it was begun for."""

    bucket: str
    name: str
    id: UUID


class PartChecksums(msgspec.Struct, frozen=True, kw_only=True):
    """The checksum that each part of an upload has, and how that of the whole is made of them.

    The checksum of the file is that of its bytes or, where it is composite, that of the checksums of its parts, one
    after another.
    """

    algorithm: str
    kind: ChecksumKind


class NewMultipartUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload to begin: the file that it becomes, and the staged blob that awaits its bytes.

    `owner` is the `Caller.owner` who begins it; `store_state` is the blob store's own: JSON, opaque to everything else.
    """

    file: NewFile
    owner: str
    key: str
    store_state: Mapping[str, Any]
    checksums: PartChecksums | None = None


class MultipartUpload(msgspec.Struct, frozen=True, kw_only=True):
    """An upload at one moment. Its bytes come together under `key`, which is never shown.

    `part_size`, in bytes, is that of the first part, where that has begun: see `place_of`. `stored` is the file that a
    completed upload has become, and `manifest` what it was, or is being, completed with.
    """

    id: UUID
    file: NewFile
    owner: str
    key: str
    store_state: Mapping[str, Any]
    checksums: PartChecksums | None
    part_size: int | None
    manifest: str | None
    stored: Stored | None
    created_at: datetime
    expires_at: datetime

    @property
    def algorithm(self) -> str:
        """The algorithm of the checksums of its parts: S3's own choice, where the upload wants none."""
        return DEFAULT_ALGORITHM if self.checksums is None else self.checksums.algorithm

    @property
    def address(self) -> MultipartAddress:
        """Where the upload is."""
        return MultipartAddress(self.file.bucket, self.file.name, self.id)


class NewPart(StoredPart, frozen=True, kw_only=True):
    """A part to keep: `md5` in lower-case hex, `checksum` in Base64."""

    md5: str
    checksum: str | None = None


class Part(NewPart, frozen=True, kw_only=True):
    """A part as it is kept."""

    modified_at: datetime


class ChosenPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part to complete an upload with, by its number and MD5 in lower-case hex.

    `checksums` are those that the caller names, by their algorithms, in Base64. Hashable, as a key of what is wanted.
    """

    number: int
    md5: str
    checksums: tuple[tuple[str, str], ...] = ()


def manifest_of(parts: Iterable[ChosenPart | Part]) -> str:
    """Return what tells these parts from all other choices: a digest of their numbers and MD5s, in hex."""
    lines = "".join(f"{part.number}:{part.md5}\n" for part in parts)
    return hashlib.sha256(lines.encode("ascii")).hexdigest()


class UploadsAfter(msgspec.Struct, frozen=True):
    """Where a listing of uploads goes on: behind the upload `id` to `name`, or behind all uploads to it."""

    name: str
    id: UUID = UUID(int=2**128 - 1)
