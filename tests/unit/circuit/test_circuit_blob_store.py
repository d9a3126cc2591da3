"""The circuit around a blob store, on the fake store and a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable, Callable

import anyio
import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError, InterruptedBodyError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.store import payload, read, stream
from tests.fakes.blob_store import FakeBlobStore
from tests.fakes.clock import FakeClock
from tests.fakes.failures import BLOB_STORE_DOWN

FAILURES = 3
PAUSE = 4.0
LONGEST_PAUSE = 10.0
REFUSED = BlobStoreRefusedError("The disk is full.")


class ProbedBlobStore(FakeBlobStore):
    """Counts its checks. A test may let them wait."""

    def __init__(self) -> None:
        super().__init__(chunk_size=1000)
        self.checks = 0
        self.asked = anyio.Event()
        self.may_answer = anyio.Event()
        self.may_answer.set()

    async def check(self) -> None:
        self.checks += 1
        self.asked.set()
        await self.may_answer.wait()
        await super().check()


class Draw:
    """What is drawn for the next pause, from 0 to 1."""

    def __init__(self) -> None:
        self.next = 0.0

    def __call__(self) -> float:
        return self.next


@pytest.fixture
def blobs() -> ProbedBlobStore:
    return ProbedBlobStore()


@pytest.fixture
def changes() -> list[bool]:
    return []


@pytest.fixture
def draw() -> Draw:
    return Draw()


@pytest.fixture
def circuit(clock: FakeClock, changes: list[bool], draw: Draw) -> Circuit:
    return Circuit(
        clock, failures=FAILURES, pause=PAUSE, longest_pause=LONGEST_PAUSE, on_change=changes.append, draw=draw
    )


@pytest.fixture
def store(blobs: ProbedBlobStore, circuit: Circuit) -> CircuitBlobStore:
    return CircuitBlobStore(blobs, circuit)


async def put(store: BlobStore) -> None:
    await store.put(new_blob_key(), stream(b"bytes"), size=5)


async def open_and_leave(store: BlobStore) -> None:
    async with store.open(new_blob_key()):
        pass


async def fail(store: BlobStore, blobs: FakeBlobStore, times: int) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(times):
        with pytest.raises(BlobStoreUnavailableError) as raised:
            await put(store)
        assert raised.value is BLOB_STORE_DOWN


async def refuses(store: BlobStore) -> int:
    """Expect a refusal that did not come from the store, and return when to try again."""
    with pytest.raises(BlobStoreUnavailableError) as raised:
        await store.admit()
    assert raised.value is not BLOB_STORE_DOWN
    return raised.value.retry_after


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


async def test_what_failed_in_an_earlier_state_does_not_count_in_a_later_one(
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
