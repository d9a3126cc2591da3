"""The contract of `domain.blobs.ports.BlobStore`, but for its listings."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterable
from random import Random
from typing import Protocol

import pytest
from anyio import Event, create_task_group, sleep_forever

from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from domain.values.ranges import ByteRange


class BodyFailed(Exception):
    """What a body raises that breaks off."""


def payload(size: int, *, seed: int = 0) -> bytes:
    return Random(seed).randbytes(size)


async def stream(data: bytes, chunk: int = 65_536) -> AsyncIterator[bytes]:
    for start in range(0, len(data), chunk):
        yield data[start : start + chunk]


async def stream_all(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read(store: BlobStore, key: str, part: ByteRange | None = None) -> bytes:
    async with store.open(key, part) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def is_missing(store: BlobStore, key: str) -> bool:
    try:
        async with store.open(key):
            return False
    except BlobMissingError:
        return True


async def put_forever(store: BlobStore, key: str, size: int, waiting: Event) -> None:
    """Put a body that never ends; `waiting` is set after `size` bytes of it."""

    async def body() -> AsyncIterator[bytes]:
        yield payload(size)
        waiting.set()
        await sleep_forever()

    await store.put(key, body(), size=None)


class Leftovers(Protocol):
    async def __call__(self, key: str) -> list[str]:
        """Return whatever there is of `key`: stored bytes, temporary files, unfinished uploads, pieces."""


class TestBlobStore:
    """Asks for `store`, `leftovers` of it, and `boundary`, the longest body, in bytes, that it writes in one step."""

    @pytest.mark.parametrize("hint", ["none", "right", "too small", "too large"])
    @pytest.mark.parametrize(("parts", "more"), [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1), (3, 0), (3, 17)])
    async def test_what_was_put_is_read_whatever_its_size_and_hint(
        self, store: BlobStore, parts: int, more: int, hint: str, boundary: int
    ) -> None:
        data = payload(parts * boundary + more)
        size = {"none": None, "right": len(data), "too small": len(data) // 2, "too large": len(data) * 2 + 1}[hint]
        key = new_blob_key()
        await store.put(key, stream(data), size=size)
        assert await read(store, key) == data

    async def test_an_open_blob_keeps_no_chunk_that_was_taken(self, store: BlobStore, boundary: int) -> None:
        """A hundred readers that take nothing would otherwise hold each its chunk twice."""
        key = new_blob_key()
        await store.put(key, stream(payload(2 * boundary)), size=None)
        async with store.open(key) as chunks, asyncio.timeout(10):
            for _ in range(2):
                chunk = await anext(chunks)
                # Its name here, and the argument. A thread that has read it may be about to forget it.
                while sys.getrefcount(chunk) > 2:  # noqa: ASYNC110 - no event tells
                    await asyncio.sleep(0)

    @pytest.mark.parametrize("chunk", [1_021, 65_537, 100_000_000])
    async def test_chunks_may_have_any_length(self, store: BlobStore, chunk: int, boundary: int) -> None:
        data, key = payload(2 * boundary + 3), new_blob_key()
        await store.put(key, stream(data, chunk), size=None)
        assert await read(store, key) == data

    async def test_empty_chunks_add_nothing(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(boundary), new_blob_key()
        await store.put(key, stream_all([b"", data, b"", b"", b"end", b""]), size=None)
        assert await read(store, key) == data + b"end"

    @pytest.mark.parametrize("parts", [0, 1, 3])
    async def test_chunks_that_are_read_are_never_empty(self, store: BlobStore, parts: int, boundary: int) -> None:
        key = new_blob_key()
        await store.put(key, stream(payload(parts * boundary)), size=None)
        async with store.open(key) as chunks:
            assert all([chunk async for chunk in chunks])

    @pytest.mark.parametrize("parts", [0, 2])
    async def test_bytes_are_invisible_before_all_are_stored(self, store: BlobStore, parts: int, boundary: int) -> None:
        key = new_blob_key()
        seen: list[bool] = []

        async def body() -> AsyncIterator[bytes]:
            yield payload(parts * boundary + 1)
            seen.append(await is_missing(store, key))
            yield b"end"
            seen.append(await is_missing(store, key))

        await store.put(key, body(), size=None)
        assert seen == [True, True]
        assert not await is_missing(store, key)

    @pytest.mark.parametrize(
        "error", [BodyFailed("gone"), TimeoutError("slow"), ExceptionGroup("both", [ValueError()])]
    )
    @pytest.mark.parametrize(("parts", "more"), [(0, 0), (0, 1), (1, 0), (3, 17)])
    async def test_an_error_of_the_body_comes_out_unchanged_and_leaves_nothing(
        self, store: BlobStore, parts: int, more: int, error: Exception, boundary: int, leftovers: Leftovers
    ) -> None:
        cause = ValueError("why")

        async def body() -> AsyncIterator[bytes]:
            async for chunk in stream(payload(parts * boundary + more)):
                yield chunk
            raise error from cause

        key = new_blob_key()
        with pytest.raises(type(error)) as raised:
            await store.put(key, body(), size=None)
        assert raised.value is error
        assert error.__cause__ is cause
        assert await leftovers(key) == []

    @pytest.mark.parametrize("parts", [0, 1, 3])
    async def test_a_cancelled_put_leaves_nothing_after_abort_and_delete(
        self, store: BlobStore, parts: int, boundary: int, leftovers: Leftovers
    ) -> None:
        key, waiting = new_blob_key(), Event()
        async with create_task_group() as group:
            group.start_soon(put_forever, store, key, parts * boundary + 1, waiting)
            await waiting.wait()
            group.cancel_scope.cancel()
        await store.abort(key)
        await store.delete([key])
        assert await leftovers(key) == []

    @pytest.mark.parametrize("parts", [0, 1, 3])
    async def test_a_put_whose_task_is_cancelled_leaves_nothing_either(
        self, store: BlobStore, parts: int, boundary: int, leftovers: Leftovers
    ) -> None:
        key, waiting = new_blob_key(), Event()
        task = asyncio.create_task(put_forever(store, key, parts * boundary + 1, waiting))
        await waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.abort(key)
        await store.delete([key])
        assert await leftovers(key) == []

    async def test_opening_a_missing_key_says_so_at_once(self, store: BlobStore) -> None:
        with pytest.raises(BlobMissingError):
            await store.open(new_blob_key()).__aenter__()

    async def test_a_read_may_be_left_early(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(3 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        for _ in range(50):
            async with store.open(key) as chunks:
                assert data.startswith(await anext(chunks))
            async with store.open(key):
                pass
        assert await read(store, key) == data

    async def test_an_error_of_the_reader_comes_out_unchanged(self, store: BlobStore) -> None:
        key, error = new_blob_key(), BodyFailed()
        await store.put(key, stream(b"bytes"), size=None)
        with pytest.raises(BodyFailed) as raised:
            async with store.open(key):
                raise error
        assert raised.value is error

    @pytest.mark.parametrize("parts", [1, 3])
    async def test_a_part_is_read_wherever_it_lies(self, store: BlobStore, parts: int, boundary: int) -> None:
        size = parts * boundary + 17
        data, key = payload(size), new_blob_key()
        await store.put(key, stream(data), size=size)
        for start, length in [(0, 1), (size - 1, 1), (0, size), (boundary - 1, 2), (5, size - 5), (0, 5)]:
            assert await read(store, key, ByteRange(start, length)) == data[start : start + length]

    async def test_chunks_of_a_part_are_never_empty(self, store: BlobStore, boundary: int) -> None:
        key = new_blob_key()
        await store.put(key, stream(payload(3 * boundary)), size=None)
        async with store.open(key, ByteRange(1, 2 * boundary)) as chunks:
            assert all([chunk async for chunk in chunks])

    @pytest.mark.parametrize("part", [ByteRange(0, 11), ByteRange(9, 2), ByteRange(10, 1), ByteRange(10**12, 5)])
    async def test_a_part_that_is_not_all_there_is_missing(self, store: BlobStore, part: ByteRange) -> None:
        key = new_blob_key()
        await store.put(key, stream(payload(10)), size=10)
        with pytest.raises(BlobMissingError):
            await read(store, key, part)

    async def test_a_part_of_nothing_is_missing(self, store: BlobStore) -> None:
        empty = new_blob_key()
        await store.put(empty, stream(b""), size=0)
        for key in (empty, new_blob_key()):
            with pytest.raises(BlobMissingError):
                await read(store, key, ByteRange(0, 1))

    async def test_a_key_is_read_by_many_at_once(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(2 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        async with store.open(key) as first, store.open(key) as second:
            one = [chunk async for chunk in first]
            other = [chunk async for chunk in second]
        assert b"".join(one) == b"".join(other) == data

    async def test_bytes_deleted_while_they_are_read_never_end_short(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(3 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        async with store.open(key) as chunks:
            taken = [await anext(chunks)]
            assert await store.delete([key]) == set()
            try:
                taken += [chunk async for chunk in chunks]
            except BlobStoreUnavailableError:
                return
        assert b"".join(taken) == data

    async def test_deleted_bytes_are_gone_and_others_stay(self, store: BlobStore, leftovers: Leftovers) -> None:
        gone, kept = [new_blob_key() for _ in range(3)], new_blob_key()
        for key in [*gone, kept]:
            await store.put(key, stream(b"bytes"), size=5)
        await store.delete(gone)
        assert [await leftovers(key) for key in gone] == [[], [], []]
        assert await read(store, kept) == b"bytes"

    async def test_deleting_what_is_not_there_is_no_error(self, store: BlobStore) -> None:
        key = new_blob_key()
        await store.put(key, stream(b"bytes"), size=5)
        assert await store.delete([key, new_blob_key()]) == set()
        assert await store.delete([key]) == set()
        assert await store.delete([]) == set()
        assert await is_missing(store, key)

    async def test_a_thousand_keys_are_deleted_in_one_call(self, store: BlobStore) -> None:
        stored = new_blob_key()
        await store.put(stored, stream(b"bytes"), size=5)
        await store.delete([*(new_blob_key() for _ in range(999)), stored])
        assert await is_missing(store, stored)

    async def test_abort_leaves_a_finished_blob_alone(self, store: BlobStore, boundary: int) -> None:
        data, key = payload(2 * boundary), new_blob_key()
        await store.put(key, stream(data), size=None)
        await store.abort(key)
        await store.abort(key)
        assert await read(store, key) == data

    async def test_abort_of_what_was_never_begun_is_no_error(self, store: BlobStore) -> None:
        await store.abort(new_blob_key())

    async def test_many_puts_and_reads_run_at_once(self, store: BlobStore, boundary: int) -> None:
        blobs = {new_blob_key(): payload(seed % 3 * boundary + seed, seed=seed) for seed in range(12)}

        async def round_trip(key: str, data: bytes) -> None:
            await store.put(key, stream(data), size=len(data))
            assert await read(store, key) == data

        async with create_task_group() as group:
            for key, data in blobs.items():
                group.start_soon(round_trip, key, data)
        for key, data in blobs.items():
            assert await read(store, key) == data

    async def test_a_store_that_works_admits_everybody(self, store: BlobStore) -> None:
        await store.admit()
        key = new_blob_key()
        assert await is_missing(store, key)
        await store.admit()
        await store.put(key, stream(b"bytes"), size=5)
        await store.admit()

    async def test_a_store_that_works_passes_its_check(self, store: BlobStore) -> None:
        await store.check()
        await store.check()
