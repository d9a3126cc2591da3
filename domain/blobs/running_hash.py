"""The checksums of a blob's bytes, as they pass."""

import hashlib
import zlib
from typing import Any

import msgspec

from domain.blobs.model import Blob, inline_key


class RunningHash:
    """The SHA-256 and the CRC-32 of `size` bytes, to which more may be added."""

    __slots__ = ("_crc32", "_sha256", "size")

    def __init__(self) -> None:
        self._sha256: Any = hashlib.sha256()
        self._crc32 = 0
        self.size = 0

    def update(self, data: bytes) -> None:
        """Add bytes."""
        self._sha256.update(data)
        self._crc32 = zlib.crc32(data, self._crc32)
        self.size += len(data)

    def copy(self) -> "RunningHash":
        """Return an independent copy."""
        copy = RunningHash()
        copy._sha256, copy._crc32, copy.size = self._sha256.copy(), self._crc32, self.size
        return copy

    @property
    def sha256(self) -> str:
        """The SHA-256, in lower-case hex."""
        return str(self._sha256.hexdigest())

    def blob(self, key: str) -> Blob:
        """Return the blob of just these bytes under `key`."""
        return Blob(key=key, size=self.size, sha256=self.sha256, crc32=self._crc32)


def inline_blob(key: str, content: bytes) -> Blob:
    """Return the blob of `content` for the catalog to keep, instead of one under `key`, which is fresh."""
    hash_ = RunningHash()
    hash_.update(content)
    return msgspec.structs.replace(hash_.blob(inline_key(key)), content=content)
