"""Reads through a circuit: those that break off, and those that began before it opened."""

from collections.abc import AsyncIterator

import anyio
import pytest

from adapters.circuit import CircuitBlobStore
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.store import payload, read, stream
from tests.fakes.blobs.store import BLOB_STORE_DOWN
from tests.fakes.clock import FakeClock
from tests.unit.circuit.circuit_calls import FAILURES, PAUSE, ProbedBlobStore, fail, refuses


async def test_reads_that_break_off_count(store: CircuitBlobStore, blobs: ProbedBlobStore, changes: list[bool]) -> None:
    key = new_blob_key()
    await store.put(key, stream(payload(3000)), size=3000)
    blobs.fail_after_chunks = 0
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await read(store, key)
    assert changes == [True]


async def test_reads_under_way_that_break_off_together_open_it_once(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock, changes: list[bool]
) -> None:
    key = new_blob_key()
    await store.put(key, stream(payload(3000)), size=3000)
    blobs.fail_after_chunks = 1
    async with anyio.create_task_group() as group:
        release = anyio.Event()
        group.start_soon(_read_slowly, store, key, 2 * FAILURES, release)
        await anyio.wait_all_tasks_blocked()
        release.set()
    assert changes == [True]
    assert await refuses(store) == PAUSE
    clock.advance(PAUSE)
    await store.admit()
    assert changes == [True, False]


async def _read_slowly(store: BlobStore, key: str, readers: int, release: anyio.Event) -> None:
    async def read_one() -> None:
        async with store.open(key) as chunks:
            await anext(chunks)
            await release.wait()
            with pytest.raises(BlobStoreUnavailableError):
                await anext(chunks)

    async with anyio.create_task_group() as group:
        for _ in range(readers):
            group.start_soon(read_one)


async def test_calls_that_began_before_run_on_and_their_success_closes_it(
    store: CircuitBlobStore, blobs: ProbedBlobStore, changes: list[bool]
) -> None:
    begun, may_end, key = anyio.Event(), anyio.Event(), new_blob_key()
    await store.put(key, stream(payload(3000)), size=3000)

    async def slow() -> AsyncIterator[bytes]:
        yield b"one"
        begun.set()
        await may_end.wait()
        yield b"two"

    async with store.open(key) as chunks, anyio.create_task_group() as group:
        group.start_soon(lambda: store.put("slow", slow(), size=None))
        await begun.wait()
        await fail(store, blobs, FAILURES)
        blobs.fail_with = None
        assert changes == [True]
        may_end.set()
        assert b"".join([chunk async for chunk in chunks]) == payload(3000)
    assert changes == [True, False]
    assert blobs.stored["slow"] == b"onetwo"


async def test_a_failure_of_an_earlier_state_does_not_count_in_a_later_one(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock, changes: list[bool]
) -> None:
    may_end, late = anyio.Event(), FAILURES

    async def slow() -> AsyncIterator[bytes]:
        await may_end.wait()
        yield b"x"

    async def put_late() -> None:
        with pytest.raises(BlobStoreUnavailableError):
            await store.put(new_blob_key(), slow(), size=None)

    async with anyio.create_task_group() as group:
        for _ in range(late):
            group.start_soon(put_late)
        await anyio.wait_all_tasks_blocked()
        await fail(store, blobs, FAILURES)
        blobs.fail_with = None
        clock.advance(PAUSE)
        await store.admit()
        blobs.fail_with = BLOB_STORE_DOWN
        may_end.set()
    assert changes == [True, False]
