"""Checksums by the standard library, and by AWS's native one: CRC-32C, CRC-64/NVME and XXHash."""

import hashlib
import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from domain.values.checksums import LENGTHS, RunningChecksum

if TYPE_CHECKING:
    from awscrt.checksums import XXHash


class _Native(NamedTuple):
    """AWS's functions by the names of their algorithms.

    `crcs` take bytes and the CRC of those before them, `combining` two CRCs and the size of what the second is of.
    """

    crcs: Mapping[str, Callable[[bytes, int], int]]
    combining: Mapping[str, Callable[[int, int, int], int]]
    xxhashes: Mapping[str, Callable[[], "XXHash"]]


@cache
def _native() -> _Native:
    from awscrt import checksums  # noqa: PLC0415 - 5 MiB of each worker, most of which never see a request for these

    return _Native(
        {"CRC32C": checksums.crc32c, "CRC64NVME": checksums.crc64nvme},
        {
            "CRC32": checksums.combine_crc32,
            "CRC32C": checksums.combine_crc32c,
            "CRC64NVME": checksums.combine_crc64nvme,
        },
        {
            "XXHASH3": checksums.XXHash.new_xxhash3_64,
            "XXHASH64": checksums.XXHash.new_xxhash64,
            "XXHASH128": checksums.XXHash.new_xxhash3_128,
        },
    )


class NativeChecksums:
    """Keep the port `Checksums`. What needs AWS's library loads it: 60 ms, once a process."""

    def begin(self, algorithm: str) -> RunningChecksum:
        if algorithm == "CRC32":
            return _Crc(zlib.crc32, LENGTHS[algorithm])
        if algorithm.startswith("CRC"):
            return _Crc(_native().crcs[algorithm], LENGTHS[algorithm])
        if algorithm.startswith("XXHASH"):
            return _XXHash(_native().xxhashes[algorithm]())
        return hashlib.new(algorithm.lower(), usedforsecurity=False)

    def combine(self, algorithm: str, parts: Iterable[tuple[bytes, int]]) -> bytes:
        combine = _native().combining[algorithm]
        whole = 0
        for crc, size in parts:
            whole = combine(whole, int.from_bytes(crc), size)
        return whole.to_bytes(LENGTHS[algorithm])


class _Crc:
    __slots__ = ("_compute", "_length", "_value")

    def __init__(self, compute: Callable[[bytes, int], int], length: int) -> None:
        self._compute = compute
        self._length = length
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = self._compute(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._length)


class _XXHash:
    __slots__ = ("_hash",)

    def __init__(self, hash_: "XXHash") -> None:
        self._hash = hash_

    def update(self, data: bytes) -> None:
        self._hash.update(data)

    def digest(self) -> bytes:
        return self._hash.finalize()
