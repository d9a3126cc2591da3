"""Calls of an open circuit: one of them is the probe, and its outcome counts."""

import anyio
import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from domain.blobs.errors import BlobStoreUnavailableError
from tests.fakes.clock import FakeClock
from tests.unit.circuit.circuit_calls import FAILURES, LONGEST_PAUSE, PAUSE, Draw, ProbedBlobStore, fail, put, refuses


async def test_pauses_grow_with_failed_probes_up_to_a_limit_and_begin_anew_after_a_success(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock, changes: list[bool]
) -> None:
    await fail(store, blobs, FAILURES)
    for pause in (4, 8, 10, 10):
        assert await refuses(store) == pause
        clock.advance(pause)
        with pytest.raises(BlobStoreUnavailableError):
            await store.admit()
    assert blobs.checks == 4
    clock.advance(LONGEST_PAUSE)
    blobs.fail_with = None
    await store.admit()
    await fail(store, blobs, FAILURES)
    assert await refuses(store) == 4
    assert changes == [True, False, True]


async def test_pauses_are_shortened_at_random_by_up_to_a_half(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock, draw: Draw
) -> None:
    draw.next = 0.5
    await fail(store, blobs, FAILURES)
    assert await refuses(store) == 3
    draw.next = 1.0
    clock.advance(3)
    with pytest.raises(BlobStoreUnavailableError):
        await store.admit()
    assert await refuses(store) == 4


async def test_when_to_try_again_is_a_whole_second_at_least(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock
) -> None:
    await fail(store, blobs, FAILURES)
    clock.advance(0.5)
    assert await refuses(store) == 4
    clock.advance(3.4)
    assert await refuses(store) == 1


async def test_one_call_is_the_probe_and_the_others_still_fail_at_once(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock
) -> None:
    await fail(store, blobs, FAILURES)
    blobs.fail_with = None
    blobs.may_answer = anyio.Event()
    clock.advance(PAUSE)
    async with anyio.create_task_group() as group:
        group.start_soon(put, store)
        await blobs.asked.wait()
        assert await refuses(store) == 1
        with pytest.raises(BlobStoreUnavailableError):
            await store.check()
        blobs.may_answer.set()
    assert blobs.checks == 1
    assert len(blobs.stored) == 1


async def test_a_probe_that_is_cancelled_leaves_it_to_the_next_call(
    store: CircuitBlobStore, blobs: ProbedBlobStore, clock: FakeClock, changes: list[bool]
) -> None:
    await fail(store, blobs, FAILURES)
    blobs.fail_with = None
    blobs.may_answer = anyio.Event()
    clock.advance(PAUSE)
    async with anyio.create_task_group() as group:
        group.start_soon(put, store)
        await blobs.asked.wait()
        group.cancel_scope.cancel()
    assert changes == [True]
    blobs.may_answer.set()
    await put(store)
    assert changes == [True, False]


async def test_a_check_that_hangs_has_failed(
    blobs: ProbedBlobStore, circuit: Circuit, clock: FakeClock, changes: list[bool]
) -> None:
    store = CircuitBlobStore(blobs, circuit, check_timeout=0)
    blobs.may_answer = anyio.Event()
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await store.check()
    assert changes == [True]
    clock.advance(PAUSE)
    with pytest.raises(BlobStoreUnavailableError):
        await store.check()
    assert await refuses(store) == 2 * PAUSE
