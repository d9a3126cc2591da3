"""The contract of the listings of `domain.blobs.ports.BlobStore`."""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from anyio import Event, create_task_group, sleep_forever

from domain.blobs.errors import BlobMissingError
from domain.blobs.model import StoredBlob, listing_order, new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.store import payload, stream


async def put(store: BlobStore, data: bytes, key: str | None = None) -> StoredBlob:
    blob = StoredBlob(key=key or new_blob_key(), size=len(data))
    await store.put(blob.key, stream(data), size=len(data))
    return blob


async def stored(store: BlobStore) -> list[StoredBlob]:
    return [blob async for blob in store.list_stored()]


async def unfinished(store: BlobStore) -> list[str]:
    return sorted([key async for key in store.list_unfinished()])


class LeaveUnfinished(Protocol):
    async def __call__(self, key: str) -> None:
        """Leave the remains of a write of `key` that was killed before its end."""


class Intrude(Protocol):
    async def __call__(self) -> None:
        """Put foreign data, finished and unfinished, where the store keeps its blobs."""


class TestBlobStoreListing:
    """Asks for `store`, which is empty, `leave_unfinished` and `intrude`."""

    async def test_an_empty_store_lists_nothing(self, store: BlobStore) -> None:
        assert await stored(store) == []
        assert await unfinished(store) == []

    async def test_what_is_stored_is_listed_in_order_with_its_size(self, store: BlobStore) -> None:
        keys = ["a" * 31 + "0", "0" * 31 + "a", "b" * 30 + "00", "0" * 32, "f" * 32, "0" * 30 + "ff"]
        blobs = [await put(store, payload(size), key) for size, key in enumerate(keys)]
        assert await stored(store) == sorted(blobs, key=lambda blob: listing_order(blob.key))

    async def test_more_is_listed_than_fits_in_an_answer(self, store: BlobStore) -> None:
        blobs: list[StoredBlob] = []

        async def put_some() -> None:
            blobs.extend([await put(store, b"x") for _ in range(53)])

        async with create_task_group() as group:
            for _ in range(20):
                group.start_soon(put_some)
        assert await stored(store) == sorted(blobs, key=lambda blob: listing_order(blob.key))

    async def test_deleted_bytes_are_not_listed(self, store: BlobStore) -> None:
        gone, kept = await put(store, b"gone"), await put(store, b"kept")
        await store.delete([gone.key])
        assert await stored(store) == [kept]

    async def test_a_listing_may_be_left_early_and_begun_again(self, store: BlobStore) -> None:
        blobs = sorted([await put(store, b"x") for _ in range(3)], key=lambda blob: listing_order(blob.key))
        assert await anext(store.list_stored()) == blobs[0]
        assert await stored(store) == blobs

    async def test_what_changes_during_a_listing_disturbs_it_not(self, store: BlobStore) -> None:
        first, last = await put(store, b"1", "0" * 32), await put(store, b"2", "f" * 32)
        listing = store.list_stored()
        found = [await anext(listing)]
        await put(store, b"new")
        await store.delete([first.key])
        found += [blob async for blob in listing]
        assert (found[0], found[-1]) == (first, last)

    async def test_a_write_is_unfinished_until_it_ends(self, store: BlobStore) -> None:
        key, done = new_blob_key(), await put(store, b"done")
        waiting = Event()

        async def body() -> AsyncIterator[bytes]:
            # More than any store writes at once.
            yield payload(17 * 1024**2)
            waiting.set()
            await sleep_forever()

        async with create_task_group() as group:
            group.start_soon(lambda: store.put(key, body(), size=None))
            await waiting.wait()
            assert await unfinished(store) == [key]
            assert await stored(store) == [done]
            group.cancel_scope.cancel()
        await store.abort(key)
        assert await unfinished(store) == []

    async def test_a_finished_write_is_not_listed_as_unfinished(self, store: BlobStore) -> None:
        await put(store, payload(17 * 1024**2))
        assert await unfinished(store) == []

    async def test_what_a_killed_write_left_is_listed_until_it_is_aborted(
        self, store: BlobStore, leave_unfinished: LeaveUnfinished
    ) -> None:
        keys = sorted(new_blob_key() for _ in range(3))
        for key in keys:
            await leave_unfinished(key)
        assert await unfinished(store) == keys
        assert await stored(store) == []
        await store.abort(keys[1])
        assert await unfinished(store) == [keys[0], keys[2]]

    async def test_a_blob_may_have_an_unfinished_write_besides(
        self, store: BlobStore, leave_unfinished: LeaveUnfinished
    ) -> None:
        blob = await put(store, b"bytes")
        await leave_unfinished(blob.key)
        assert await stored(store) == [blob]
        assert await unfinished(store) == [blob.key]
        await store.abort(blob.key)
        assert await unfinished(store) == []
        assert await stored(store) == [blob]

    async def test_what_is_not_ours_is_not_listed(self, store: BlobStore, intrude: Intrude) -> None:
        blob = await put(store, b"bytes")
        await intrude()
        assert await stored(store) == [blob]
        assert await unfinished(store) == []

    @pytest.mark.parametrize("size", [0, 1, 9 * 1024**2])
    async def test_the_size_of_a_blob_is_told(self, store: BlobStore, size: int) -> None:
        blob = await put(store, payload(size))
        assert await store.get_size(blob.key) == size

    async def test_what_is_not_stored_has_no_size(self, store: BlobStore, leave_unfinished: LeaveUnfinished) -> None:
        unfinished, deleted = new_blob_key(), await put(store, b"gone")
        await leave_unfinished(unfinished)
        await store.delete([deleted.key])
        for key in (unfinished, deleted.key, new_blob_key()):
            with pytest.raises(BlobMissingError):
                await store.get_size(key)
