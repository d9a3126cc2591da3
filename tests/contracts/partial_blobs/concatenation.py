"""The contract of `domain.blobs.ports.PartialBlobs.concatenate`."""

import pytest

from domain.blobs.errors import BlobMissingError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore, PartialBlobs
from tests.contracts.blob_store.listing import put, unfinished
from tests.contracts.blob_store.store import Leftovers, is_missing, read
from tests.contracts.partial_blobs.partial_blobs import MIB, PART, piece


class TestConcatenation:
    """Blobs made of others."""

    @pytest.mark.parametrize(
        "sizes",
        [
            [],
            [0],
            [0, 0],
            [1],
            [1, 2, 3],
            [PART],
            [PART, PART],
            [12 * MIB, 0, 1, 12 * MIB],
            [1, 12 * MIB, 1],
            [PART - 1, 1, PART - 1, PART + 1],
            [3 * MIB] * 7,
            [1, PART, 1],
        ],
        ids=str,
    )
    async def test_the_bytes_of_all_sources_are_stored_in_order(
        self, store: BlobStore, partials: PartialBlobs, sizes: list[int]
    ) -> None:
        pieces = [piece(size, seed=number) for number, size in enumerate(sizes)]
        sources = [(await put(store, each)).key for each in pieces]
        key = new_blob_key()
        await partials.concatenate(key, sources)
        assert await read(store, key) == b"".join(pieces)
        assert [await read(store, source) for source in sources] == pieces
        assert await unfinished(store) == []

    async def test_a_source_may_come_twice(self, store: BlobStore, partials: PartialBlobs) -> None:
        source, key = (await put(store, piece(6 * MIB))).key, new_blob_key()
        await partials.concatenate(key, [source, source])
        assert await read(store, key) == piece(6 * MIB) * 2

    @pytest.mark.parametrize("size", [1, 12 * MIB])
    async def test_doing_it_twice_is_doing_it_once(self, store: BlobStore, partials: PartialBlobs, size: int) -> None:
        sources = [(await put(store, piece(size, seed=seed))).key for seed in range(2)]
        key = new_blob_key()
        await partials.concatenate(key, sources)
        await partials.concatenate(key, sources)
        assert await read(store, key) == piece(size, seed=0) + piece(size, seed=1)
        assert await unfinished(store) == []

    @pytest.mark.parametrize("size", [1, 12 * MIB])
    async def test_a_source_that_is_missing_is_told(
        self, store: BlobStore, partials: PartialBlobs, size: int, leftovers: Leftovers
    ) -> None:
        source, key = (await put(store, piece(size))).key, new_blob_key()
        for sources in ([source, new_blob_key()], [new_blob_key(), source]):
            with pytest.raises(BlobMissingError):
                await partials.concatenate(key, sources)
        assert await is_missing(store, key)
        await store.abort(key)
        assert await leftovers(key) == []
