"""The checksums of the S3 protocol: how many bytes each has, and the port that computes them."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol

# In bytes, by the names that S3 has for them (API Reference, "Checksum"; ten since April 2026).
LENGTHS: Mapping[str, int] = MappingProxyType(
    {
        "CRC32": 4,
        "CRC32C": 4,
        "CRC64NVME": 8,
        "MD5": 16,
        "SHA1": 20,
        "SHA256": 32,
        "SHA512": 64,
        "XXHASH3": 8,
        "XXHASH64": 8,
        "XXHASH128": 16,
    }
)
# Those of a whole can be computed from those of its parts.
COMBINABLE = frozenset({"CRC32", "CRC32C", "CRC64NVME"})
# S3 computes this one where a writer names none.
DEFAULT_ALGORITHM = "CRC64NVME"


class RunningChecksum(Protocol):
    """A checksum of bytes, to which more may be added until it is asked for."""

    def update(self, data: bytes, /) -> object:
        """Add bytes."""
        ...

    def digest(self) -> bytes:
        """Return the checksum of all bytes, numbers with their highest byte first. Called once, after all of them."""
        ...


class Checksums(Protocol):
    """Computes checksums; `tests/contracts` checks the contract."""

    def begin(self, algorithm: str, /) -> RunningChecksum:
        """Return the checksum of no bytes by one of the algorithms in `LENGTHS`."""
        ...

    def combine(self, algorithm: str, parts: Iterable[tuple[bytes, int]], /) -> bytes:
        """Return the checksum of a whole from those of its parts in their order, each with its size in bytes.

        The algorithm is one of `COMBINABLE`. Of no parts, it is the checksum of no bytes.
        """
        ...
