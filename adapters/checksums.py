"""Checksums by the standard library's hashes, and by AWS's native library: CRCs and XXHash."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from awscrt import checksums

from domain.values.checksums import LENGTHS, RunningChecksum

# Each takes bytes and the CRC of those before them.
_CRCS: Mapping[str, Callable[[bytes, int], int]] = MappingProxyType(
    {"CRC32": checksums.crc32, "CRC32C": checksums.crc32c, "CRC64NVME": checksums.crc64nvme}
)
_COMBINING: Mapping[str, Callable[[int, int, int], int]] = MappingProxyType(
    {
        "CRC32": checksums.combine_crc32,
        "CRC32C": checksums.combine_crc32c,
        "CRC64NVME": checksums.combine_crc64nvme,
    }
)
_XXHASHES: Mapping[str, Callable[[], checksums.XXHash]] = MappingProxyType(
    {
        "XXHASH3": checksums.XXHash.new_xxhash3_64,
        "XXHASH64": checksums.XXHash.new_xxhash64,
        "XXHASH128": checksums.XXHash.new_xxhash3_128,
    }
)


class NativeChecksums:
    """Keep the port `Checksums`."""

    def begin(self, algorithm: str) -> RunningChecksum:
        if algorithm in _CRCS:
            return _Crc(algorithm)
        if algorithm in _XXHASHES:
            return _XXHash(_XXHASHES[algorithm]())
        return hashlib.new(algorithm.lower(), usedforsecurity=False)

    def combine(self, algorithm: str, parts: Iterable[tuple[bytes, int]]) -> bytes:
        whole = 0
        for crc, size in parts:
            whole = _COMBINING[algorithm](whole, int.from_bytes(crc), size)
        return whole.to_bytes(LENGTHS[algorithm])


class _Crc:
    __slots__ = ("_compute", "_length", "_value")

    def __init__(self, algorithm: str) -> None:
        self._compute = _CRCS[algorithm]
        self._length = LENGTHS[algorithm]
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._compute(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._length)


class _XXHash:
    __slots__ = ("_hash",)

    def __init__(self, hash_: checksums.XXHash) -> None:
        self._hash = hash_

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.finalize()
