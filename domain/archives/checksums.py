"""Checksums of blobs that were stored without one: by a former release, or by clients in the blob store itself."""

import zlib
from collections.abc import Sequence
from contextlib import suppress

import anyio

from domain.archives.batches import CONCURRENCY, batches_of
from domain.archives.model import Member
from domain.archives.ports import Archives
from domain.blobs.ports import BlobStore
from domain.blobs.streams import counted, map_concurrently
from domain.errors import UnavailableError


class MissingChecksums:
    """Computes the CRC-32 of blobs, and keeps it in the catalog.

    In all, a few blobs are read at once, in chunks. A blob that several archives wait for is read once.
    """

    def __init__(self, archives: Archives, blob_store: BlobStore) -> None:
        self._archives = archives
        self._blob_store = blob_store
        self._slots = anyio.Semaphore(CONCURRENCY)
        self._running: dict[str, _Reading] = {}

    async def of(self, members: Sequence[Member]) -> list[int]:
        """Return the CRC-32 of each member, in order, of the catalog or computed now.

        Those that are computed are kept a few at a time, so that an attempt that fails midway was not in vain. Raises
        the errors of `BlobStore.open`.
        """
        missing = {member.blob_key: member for member in members if member.crc32 is None}
        found: dict[str, int] = {}

        async def compute(batch: Sequence[Member]) -> None:
            computed = {member.blob_key: await self._checksum(member) for member in batch}
            found.update(computed)
            # The archive is right without it; the next one computes it again.
            with suppress(UnavailableError):
                await self._archives.keep_checksums(computed)

        await map_concurrently(compute, batches_of(missing.values()), concurrency=CONCURRENCY)
        return [found[member.blob_key] if member.crc32 is None else member.crc32 for member in members]

    async def _checksum(self, member: Member) -> int:
        while (reading := self._running.get(member.blob_key)) is not None:
            await reading.ended.wait()
            if reading.crc32 is not None:
                return reading.crc32
        reading = self._running[member.blob_key] = _Reading()
        try:
            async with self._slots:
                reading.crc32 = crc32 = await self._read(member)
        finally:
            del self._running[member.blob_key]
            reading.ended.set()
        return crc32

    async def _read(self, member: Member) -> int:
        crc32 = 0
        async with self._blob_store.open(member.blob_key) as chunks:
            async for chunk in counted(chunks, member.size):
                crc32 = zlib.crc32(chunk, crc32)
        return crc32


class _Reading:
    """A blob that is being read. `crc32` stays None where that fails."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.crc32: int | None = None
