"""A blob store in memory."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import anyio

from domain.blobs.chunks import SendableBody
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import StoredBlob, listing_order
from domain.values.ranges import ByteRange

BLOB_STORE_DOWN = BlobStoreUnavailableError("The blob store does not answer.")


class FakeBlobStore:
    """Keeps bytes in a dictionary, handed out in small chunks.

    `fail_with` makes every call raise, `fail_after_chunks` a read after that many. Keys that are `stuck` cannot be
    removed.
    """

    def __init__(self, *, chunk_size: int = 64 * 1024) -> None:
        self._chunk_size = chunk_size
        self.reset()

    def reset(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.unfinished: dict[str, bytearray] = {}
        self.pieces: dict[str, dict[str, bytes]] = {}
        self.stuck: set[str] = set()
        self.fail_with: Exception | None = None
        self.fail_after_chunks: int | None = None

    async def admit(self) -> None:
        pass

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        self.reach()
        self.unfinished[key] = bytearray()
        try:
            async for chunk in body:
                self.reach()
                self.unfinished[key] += chunk
        except (Exception, anyio.get_cancelled_exc_class()):
            self.unfinished.pop(key, None)
            raise
        self.reach()
        self.stored[key] = bytes(self.unfinished.pop(key))

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        self.reach()
        stored = self.stored.get(key)
        if stored is None or (part and part.end > len(stored)):
            raise BlobMissingError("The bytes are not in the store.")
        yield self._chunks(stored[part.start : part.end] if part else stored)

    def open_for_sending(self, key: str, part: ByteRange | None = None) -> SendableBody:
        return self.open(key, part)

    async def delete(self, keys: Sequence[str]) -> set[str]:
        self.reach()
        for key in keys:
            if key not in self.stuck:
                self.stored.pop(key, None)
        return self.stuck.intersection(keys)

    async def abort(self, key: str) -> None:
        self.reach()
        if key in self.stuck:
            raise BLOB_STORE_DOWN
        self.unfinished.pop(key, None)
        self.pieces.pop(key, None)

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        self.reach()
        for key in sorted(self.stored, key=listing_order):
            self.reach()
            if (data := self.stored.get(key)) is not None:
                yield StoredBlob(key=key, size=len(data))

    async def list_unfinished(self) -> AsyncIterator[str]:
        self.reach()
        for key in {**self.unfinished, **self.pieces}:
            self.reach()
            yield key

    async def get_size(self, key: str) -> int:
        self.reach()
        if key not in self.stored:
            raise BlobMissingError("The bytes are not in the store.")
        return len(self.stored[key])

    async def check(self) -> None:
        self.reach()

    async def _chunks(self, stored: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(stored), self._chunk_size):
            if start // self._chunk_size == self.fail_after_chunks:
                raise BLOB_STORE_DOWN
            yield stored[start : start + self._chunk_size]

    def reach(self) -> None:
        """Raise what every call is to fail with."""
        if self.fail_with is not None:
            raise self.fail_with
