"""A blob store behind a circuit: it opens after failures in a row, and closes after a probe."""

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest

from adapters.circuit import CircuitBlobStore
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError, InterruptedBodyError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.fakes.blobs.store import BLOB_STORE_DOWN
from tests.fakes.clock import FakeClock
from tests.unit.circuit.circuit_calls import FAILURES, PAUSE, ProbedBlobStore, fail, put

REFUSED = BlobStoreRefusedError("The disk is full.")


async def open_and_leave(store: BlobStore) -> None:
    async with store.open(new_blob_key()):
        pass


async def delete(store: BlobStore) -> None:
    await store.delete([new_blob_key()])


async def abort(store: BlobStore) -> None:
    await store.abort(new_blob_key())


async def list_stored(store: BlobStore) -> None:
    _ = [each async for each in store.list_stored()]


async def list_unfinished(store: BlobStore) -> None:
    _ = [each async for each in store.list_unfinished()]


async def get_size(store: BlobStore) -> None:
    await store.get_size(new_blob_key())


async def check(store: BlobStore) -> None:
    await store.check()


async def admit(store: BlobStore) -> None:
    await store.admit()


Call = Callable[[BlobStore], Awaitable[None]]
COUNTED: list[Call] = [put, open_and_leave, delete, abort, list_stored, list_unfinished, get_size, check]
CALLS: list[Call] = [*COUNTED, admit]


@pytest.mark.parametrize("call", CALLS)
async def test_after_failures_in_a_row_every_call_fails_at_once_until_the_pause_is_over(
    store: CircuitBlobStore,
    blobs: ProbedBlobStore,
    clock: FakeClock,
    changes: list[bool],
    call: Call,
) -> None:
    await fail(store, blobs, FAILURES)
    assert changes == [True]
    blobs.fail_with = None
    clock.advance(PAUSE - 0.1)
    with pytest.raises(BlobStoreUnavailableError) as raised:
        await call(store)
    assert raised.value is not BLOB_STORE_DOWN
    assert (blobs.checks, blobs.stored, changes) == (0, {}, [True])


@pytest.mark.parametrize("call", CALLS)
async def test_any_call_after_the_pause_closes_it_if_the_store_answers_its_check(
    store: CircuitBlobStore,
    blobs: ProbedBlobStore,
    clock: FakeClock,
    changes: list[bool],
    call: Call,
) -> None:
    await fail(store, blobs, FAILURES)
    blobs.fail_with = None
    clock.advance(PAUSE)
    try:
        await call(store)
    except BlobMissingError:
        assert call in {open_and_leave, get_size}
    assert changes == [True, False]
    assert blobs.checks == 1
    await put(store)
    assert blobs.checks == 1


@pytest.mark.parametrize("call", COUNTED)
async def test_every_kind_of_call_counts(
    store: CircuitBlobStore,
    blobs: ProbedBlobStore,
    changes: list[bool],
    call: Call,
) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await call(store)
    assert changes == [True]


async def test_fewer_failures_than_that_in_a_row_open_nothing(
    store: CircuitBlobStore, blobs: ProbedBlobStore, changes: list[bool]
) -> None:
    for _ in range(3):
        await fail(store, blobs, FAILURES - 1)
        blobs.fail_with = None
        await put(store)
    assert changes == []


async def test_a_body_is_not_read_while_the_circuit_is_open(store: CircuitBlobStore, blobs: ProbedBlobStore) -> None:
    taken: list[bytes] = []

    async def watched() -> AsyncIterator[bytes]:
        taken.append(b"x")
        yield b"x"

    await fail(store, blobs, FAILURES)
    with pytest.raises(BlobStoreUnavailableError):
        await store.put(new_blob_key(), watched(), size=1)
    assert taken == []


@pytest.mark.parametrize("error", [REFUSED, BlobMissingError("There are no such bytes.")])
async def test_a_store_that_refuses_or_misses_has_answered(
    store: CircuitBlobStore, blobs: ProbedBlobStore, changes: list[bool], error: Exception
) -> None:
    for _ in range(FAILURES):
        await fail(store, blobs, FAILURES - 1)
        blobs.fail_with = error
        with pytest.raises(type(error)):
            await open_and_leave(store)
    assert changes == []


async def test_errors_of_the_body_and_cancellations_tell_nothing(
    store: CircuitBlobStore, blobs: ProbedBlobStore, changes: list[bool]
) -> None:
    async def interrupted() -> AsyncIterator[bytes]:
        yield b"x"
        raise InterruptedBodyError("The client is gone.")

    async def cancelled() -> AsyncIterator[bytes]:
        cancel_scope.cancel()
        await anyio.sleep_forever()
        yield b""

    for _ in range(FAILURES):
        with pytest.raises(InterruptedBodyError):
            await store.put(new_blob_key(), interrupted(), size=None)
        with anyio.CancelScope() as cancel_scope:
            await store.put(new_blob_key(), cancelled(), size=None)
        assert cancel_scope.cancelled_caught
    assert changes == []
    await fail(store, blobs, FAILURES - 1)
    blobs.fail_with = None
    with pytest.raises(InterruptedBodyError):
        await store.put(new_blob_key(), interrupted(), size=None)
    await fail(store, blobs, 1)
    assert changes == [True]
