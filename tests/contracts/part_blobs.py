"""The contract of `domain.blobs.ports.PartBlobs`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
import pytest
from anyio import Event, create_task_group

from domain.blobs.errors import BlobMissingError
from domain.blobs.model import new_blob_key
from domain.blobs.parts import StoredPart, place_of
from domain.blobs.ports import BlobStore, PartBlobs
from tests.contracts.blob_store.listing import put, unfinished
from tests.contracts.blob_store.store import BodyFailed, Leftovers, is_missing, read, stream
from tests.contracts.partial_blobs.partial_blobs import MIB, PART, piece


class Parts:
    """A blob in parts: of `PART` bytes where the store has places for equal ones only, and a smaller last one."""

    def __init__(self, store: BlobStore, part_blobs: PartBlobs, key: str, state: Mapping[str, Any]) -> None:
        self._store = store
        self._part_blobs = part_blobs
        self.key = key
        self.state = state

    async def put(self, number: int, size: int = PART, *, seed: int | None = None) -> StoredPart:
        """Put a part at its place."""
        data = piece(size, seed=number if seed is None else seed)
        offset = place_of(number, size, PART) or 0
        receipt = await self._part_blobs.put_part(self.key, self.state, number, stream(data), size=size, offset=offset)
        return StoredPart(number=number, size=size, receipt=receipt)

    async def put_own(self, number: int, size: int = PART, *, seed: int | None = None) -> StoredPart:
        """Put a part under a key of its own."""
        data = piece(size, seed=number if seed is None else seed)
        return StoredPart(number=number, size=size, key=(await put(self._store, data)).key)

    async def join(self, parts: Sequence[StoredPart], *, is_all: bool = True) -> None:
        await self._part_blobs.join(self.key, self.state, parts, is_all=is_all, scratch=new_blob_key())


def whole(*parts: tuple[int, int]) -> bytes:
    """Return the bytes of parts, each a seed and a size."""
    return b"".join(piece(size, seed=seed) for seed, size in parts)


@pytest.fixture
async def upload(store: BlobStore, part_blobs: PartBlobs) -> Parts:
    key = new_blob_key()
    state = msgspec.json.decode(msgspec.json.encode(await part_blobs.begin(key)))
    return Parts(store, part_blobs, key, state)


class TestPartBlobs:
    """Asks for `store`, `part_blobs` on it, and `leftovers`."""

    @pytest.mark.parametrize("last", [0, 1, PART - 1, PART])
    async def test_parts_that_come_in_any_order_and_at_once_are_joined(
        self, store: BlobStore, upload: Parts, last: int
    ) -> None:
        parts: list[StoredPart] = []

        async def send(number: int, size: int) -> None:
            parts.append(await upload.put(number, size))

        async with create_task_group() as group:
            for number, size in [(3, last), (1, PART), (2, PART)]:
                group.start_soon(send, number, size)
        assert await is_missing(store, upload.key)
        parts.sort(key=lambda part: part.number)
        await upload.join(parts)
        assert await read(store, upload.key) == whole((1, PART), (2, PART), (3, last))
        assert await unfinished(store) == []

    async def test_one_part_may_be_of_any_size(self, store: BlobStore, upload: Parts) -> None:
        await upload.join([await upload.put(1, 4)])
        assert await read(store, upload.key) == piece(4, seed=1)

    async def test_an_empty_part_makes_an_empty_blob(self, store: BlobStore, upload: Parts) -> None:
        await upload.join([await upload.put_own(1, 0)])
        assert await read(store, upload.key) == b""

    async def test_parts_with_keys_of_their_own_are_joined_too(self, store: BlobStore, upload: Parts) -> None:
        own = [await upload.put_own(2), await upload.put_own(4, 3)]
        parts = [await upload.put(1), own[0], await upload.put(3), own[1]]
        await upload.join(parts)
        assert await read(store, upload.key) == whole((1, PART), (2, PART), (3, PART), (4, 3))
        for part in own:
            assert await read(store, str(part.key)) == piece(part.size, seed=part.number)

    async def test_a_part_that_was_sent_again_takes_the_place_of_the_former(
        self, store: BlobStore, upload: Parts
    ) -> None:
        first, last = await upload.put(1), await upload.put(3, 5)
        await upload.put(2)
        await upload.join([first, await upload.put_own(2, seed=20), last])
        assert await read(store, upload.key) == whole((1, PART), (20, PART), (3, 5))

    async def test_a_part_of_another_size_may_take_the_place_of_the_former(
        self, store: BlobStore, upload: Parts
    ) -> None:
        first, last = await upload.put(1), await upload.put(3)
        await upload.put(2)
        await upload.join([first, await upload.put_own(2, PART + MIB, seed=20), last])
        assert await read(store, upload.key) == whole((1, PART), (20, PART + MIB), (3, PART))

    async def test_some_of_the_parts_may_be_left_out(
        self, store: BlobStore, upload: Parts, leftovers: Leftovers
    ) -> None:
        parts = [await upload.put(number) for number in (1, 2, 5, 9)]
        await upload.join([parts[1], parts[3]], is_all=False)
        assert await read(store, upload.key) == whole((2, PART), (9, PART))
        assert await unfinished(store) == []
        assert len(await leftovers(upload.key)) == 1

    async def test_the_last_ones_may_be_left_out(self, store: BlobStore, upload: Parts) -> None:
        parts = [await upload.put(number) for number in (1, 2, 3)]
        await upload.join(parts[:2], is_all=False)
        assert await read(store, upload.key) == whole((1, PART), (2, PART))

    async def test_joining_twice_is_joining_once(self, store: BlobStore, upload: Parts) -> None:
        parts = [await upload.put(1), await upload.put_own(2), await upload.put(3, 7)]
        for _ in range(2):
            await upload.join(parts)
            assert await read(store, upload.key) == whole((1, PART), (2, PART), (3, 7))

    async def test_an_error_of_the_body_comes_out_and_the_place_can_be_used_again(
        self, store: BlobStore, part_blobs: PartBlobs, upload: Parts
    ) -> None:
        async def failing() -> AsyncIterator[bytes]:
            yield piece(2 * MIB)
            raise BodyFailed

        with pytest.raises(BodyFailed):
            await part_blobs.put_part(upload.key, upload.state, 1, failing(), size=PART, offset=0)
        await upload.join([await upload.put(1)])
        assert await read(store, upload.key) == piece(PART, seed=1)

    async def test_a_writer_that_was_left_at_its_place_does_not_keep_others_from_joining(
        self, store: BlobStore, part_blobs: PartBlobs, upload: Parts
    ) -> None:
        going_on, has_begun = Event(), Event()

        async def slow() -> AsyncIterator[bytes]:
            yield piece(3 * MIB)
            has_begun.set()
            await going_on.wait()
            yield piece(PART - 3 * MIB)

        async def linger() -> None:
            await part_blobs.put_part(upload.key, upload.state, 2, slow(), size=PART, offset=PART)

        parts = [await upload.put(1), await upload.put_own(2, seed=20), await upload.put(3)]
        async with create_task_group() as group:
            group.start_soon(linger)
            await has_begun.wait()
            await upload.join(parts)
            assert await read(store, upload.key) == whole((1, PART), (20, PART), (3, PART))
            group.cancel_scope.cancel()
        assert await read(store, upload.key) == whole((1, PART), (20, PART), (3, PART))

    @pytest.mark.parametrize("is_own", [True, False])
    async def test_a_part_whose_bytes_are_gone_is_told(self, store: BlobStore, upload: Parts, is_own: bool) -> None:
        if is_own:
            part = await upload.put_own(2)
            parts = [await upload.put(1), part]
            await store.delete([str(part.key)])
        else:
            parts = [await upload.put(1)]
            await store.abort(upload.key)
        with pytest.raises(BlobMissingError):
            await upload.join(parts)
        assert await is_missing(store, upload.key)

    async def test_parts_that_are_given_up_are_listed_and_removed(
        self, store: BlobStore, upload: Parts, leftovers: Leftovers
    ) -> None:
        await upload.put(1)
        assert await unfinished(store) == [upload.key]
        for _ in range(2):
            await store.abort(upload.key)
            assert await leftovers(upload.key) == []
        assert await unfinished(store) == []
