"""Blobs: immutable bytes under an opaque key, and the states they pass: staged, live, condemned, gone.

A small blob may be inline: its bytes are in the catalog, in its own row. It is never staged.
"""

from typing import Annotated, Literal

import msgspec

from domain.values.ids import new_id

Crc32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF_FFFF)]
_INLINE = "f"


def new_blob_key() -> str:
    """Return a key that was never used: 32 characters of lower-case hex, the last ones random."""
    return new_id().hex


def inline_key(key: str) -> str:
    """Return the key of an inline blob for a fresh one: a key tells where its bytes are.

    A UUIDv7 begins with 0 until the year 2527.
    """
    return _INLINE + key[1:]


def is_inline(key: str) -> bool:
    """Tell whether the bytes under the key are in the catalog, and not in the blob store."""
    return key.startswith(_INLINE)


def listing_order(key: str) -> tuple[str, str]:
    """Return the sort key of a blob key in listings of stores and catalogs: its last two digits come first.

    These digits are random, and stores spread blobs by them.
    """
    return key[-2:], key


class Blob(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are stored: `size` in bytes, `sha256` in lower-case hex.

    `crc32` is that of zip; None where the bytes did not come through this service, so that it is not known yet.
    `content` are the bytes themselves where the catalog is to keep them, under an `inline_key`; None where the blob
    store has them.
    """

    key: str
    size: int
    sha256: str
    crc32: Crc32 | None = None
    content: bytes | None = None


class BlobPart(msgspec.Struct, frozen=True):
    """A part that a blob's bytes came in: its `size` in bytes, and its checksum in Base64 where it has one."""

    size: int
    checksum: str | None = None


class BlobClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A condemned blob that one reaper may remove until its lease ends.

    `epoch` fences it: a later claim of the same blob has a higher one. `finished` is False where the blob never
    became live, so that parts of an unfinished write may be left.
    """

    key: str
    epoch: int
    finished: bool


BlobState = Literal["staged", "live", "condemned"]


class BlobRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The catalog's record of a blob, at one moment. `size` and `sha256` are None before it is live.

    `file_count` is the recorded number of files that share the blob, `files` the actual one. They never differ, unless
    the catalog was damaged.
    """

    key: str
    state: BlobState
    size: int | None = None
    sha256: str | None = None
    file_count: int
    files: int


class InlineRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The record of an inline blob, and the length and SHA-256 of the bytes in it, as they are now.

    `actual_sha256` is None where it was not asked for.
    """

    record: BlobRecord
    actual_size: int
    actual_sha256: str | None = None


class StoredBlob(msgspec.Struct, frozen=True, kw_only=True):
    """A blob as the store lists it. `size` in bytes."""

    key: str
    size: int
