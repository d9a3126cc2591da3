"""The contract of `BlobStore.open_for_sending`: it gives what `open` gives, perhaps in files."""

import os

import pytest

from domain.blobs.chunks import Chunk, FileChunk
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from domain.values.ranges import ByteRange
from tests.contracts.blob_store.store import BodyFailed, payload, stream


def sent(chunk: Chunk) -> bytes:
    """Return the bytes that a server would send."""
    if isinstance(chunk, FileChunk):
        return os.pread(chunk.fileno(), chunk.length, chunk.offset)
    return chunk


async def send(store: BlobStore, key: str, part: ByteRange | None = None) -> bytes:
    async with store.open_for_sending(key, part) as chunks:
        return b"".join([sent(chunk) async for chunk in chunks])


class TestBlobStoreSending:
    """Asks for `store` and `boundary`, as `TestBlobStore` does."""

    @pytest.mark.parametrize(("parts", "more"), [(0, 0), (0, 1), (1, -1), (1, 1), (3, 17)])
    async def test_all_that_was_put_is_sent(self, store: BlobStore, parts: int, more: int, boundary: int) -> None:
        data, key = payload(parts * boundary + more), new_blob_key()
        await store.put(key, stream(data), size=None)
        assert await send(store, key) == data

    async def test_a_part_is_sent_wherever_it_lies(self, store: BlobStore, boundary: int) -> None:
        size = 3 * boundary + 17
        data, key = payload(size), new_blob_key()
        await store.put(key, stream(data), size=size)
        for start, length in [(0, 1), (size - 1, 1), (0, size), (boundary - 1, 2), (5, size - 5), (7, 2 * boundary)]:
            assert await send(store, key, ByteRange(start, length)) == data[start : start + length]

    async def test_chunks_that_are_sent_are_never_empty(self, store: BlobStore, boundary: int) -> None:
        key = new_blob_key()
        await store.put(key, stream(payload(3 * boundary)), size=None)
        async with store.open_for_sending(key) as chunks:
            assert all([len(chunk) async for chunk in chunks])

    @pytest.mark.parametrize("part", [None, ByteRange(9, 2), ByteRange(10**12, 5)])
    async def test_what_is_not_all_there_is_missing(self, store: BlobStore, part: ByteRange | None) -> None:
        key = new_blob_key()
        if part is not None:
            await store.put(key, stream(payload(10)), size=10)
        with pytest.raises(BlobMissingError):
            await store.open_for_sending(key, part).__aenter__()

    async def test_sending_may_end_early_and_in_an_error(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(3 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        for _ in range(20):
            async with store.open_for_sending(key) as chunks:
                assert data.startswith(sent(await anext(chunks)) + sent(await anext(chunks)))
        with pytest.raises(BodyFailed):
            async with store.open_for_sending(key):
                raise BodyFailed

    async def test_bytes_deleted_while_they_are_sent_never_end_short(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(3 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        async with store.open_for_sending(key) as chunks:
            taken = [sent(await anext(chunks))]
            await store.delete([key])
            try:
                taken += [sent(chunk) async for chunk in chunks]
            except BlobStoreUnavailableError:
                return
        assert b"".join(taken) == data
