"""Checksums of the bytes that one request adds to an upload, as tus defines them."""

import hashlib
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from domain.uploads.errors import ChecksumMismatchError, InvalidChecksumError
from domain.values.digests import Digest, Hashes


class Hash(Protocol):
    """A hash in progress, as `hashlib` has them."""

    def update(self, data: bytes, /) -> None: ...

    def digest(self) -> bytes: ...


class Crc32:
    """The CRC-32 of zip and Ethernet; its value is the number's four bytes, the highest first."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes, /) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4)


ALGORITHMS: Mapping[str, Callable[[], Hash]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "crc32": Crc32,
}


class Checksum(msgspec.Struct, frozen=True):
    """The checksum that a sender declares before its bytes."""

    algorithm: str
    value: bytes

    def begin(self) -> "RunningChecksum":
        """Return a running checksum of no bytes yet, to be compared with this one."""
        return RunningChecksum([self.algorithm], lambda: self)


class LateChecksum(msgspec.Struct, frozen=True):
    """The checksum that a sender declares after its bytes. Then `read` returns it, or raises `InvalidChecksumError`."""

    read: Callable[[], Checksum]

    def begin(self) -> "RunningChecksum":
        """Return a running checksum of no bytes yet, by all algorithms: the sender names its own with the value."""
        return RunningChecksum(ALGORITHMS, self.read)


class DeclaredDigests(msgspec.Struct, frozen=True):
    """The digests that a sender declares for the bytes of one request (RFC 9530), maybe beside their checksum."""

    digests: tuple[Digest, ...]
    checksum: Checksum | LateChecksum | None

    def begin(self) -> "RunningDigests":
        """Return running digests of no bytes yet, to be compared with these."""
        return RunningDigests(Hashes(self.digests), None if self.checksum is None else self.checksum.begin())


class RunningDigests:
    """Computes digests, and maybe a checksum, of bytes as they pass, and compares them with the declared ones."""

    def __init__(self, hashes: Hashes, checksum: "RunningChecksum | None") -> None:
        self._hashes = hashes
        self._checksum = checksum

    def update(self, data: bytes) -> None:
        """Add bytes."""
        self._hashes.update(data)
        if self._checksum is not None:
            self._checksum.update(data)

    def check(self) -> None:
        """Raise `DigestMismatchError` where a digest differs, and all that `RunningChecksum.check` raises."""
        self._hashes.check()
        if self._checksum is not None:
            self._checksum.check()


class RunningChecksum:
    """Computes the checksum of bytes as they pass, and compares it with the declared one."""

    def __init__(self, algorithms: Iterable[str], declared: Callable[[], Checksum]) -> None:
        self._hashes = {algorithm: ALGORITHMS[algorithm]() for algorithm in algorithms}
        self._declared = declared

    def update(self, data: bytes) -> None:
        """Add bytes."""
        for hash_ in self._hashes.values():
            hash_.update(data)

    def check(self) -> None:
        """Raise `ChecksumMismatchError` where the declared checksum differs; `InvalidChecksumError`."""
        checksum = self._declared()
        value = self._hashes[checksum.algorithm].digest()
        if len(value) != len(checksum.value):
            raise ChecksumMismatchError(
                f"A checksum by {checksum.algorithm} has {len(value)} bytes, the declared one {len(checksum.value)}; "
                "none of the bytes sent was kept."
            )
        if value != checksum.value:
            declared, found = (b64encode(each).decode("ascii") for each in (checksum.value, value))
            raise ChecksumMismatchError(
                f"The {checksum.algorithm} of the bytes is {found}, not {declared}; none of them was kept."
            )


def make_checksum(algorithm: str, value: bytes) -> Checksum:
    """Return the checksum. Raises `InvalidChecksumError` for an unknown algorithm.

    A value that is not as long as the algorithm's are is one that no bytes have: a mismatch.
    """
    if algorithm not in ALGORITHMS:
        raise InvalidChecksumError(f"Checksums are by {', '.join(ALGORITHMS)}.")
    return Checksum(algorithm, value)
