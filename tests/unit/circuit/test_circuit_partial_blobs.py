"""The circuit around appends to blobs, on the fakes and a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from adapters.circuit import Circuit, CircuitBlobStore, CircuitPartialBlobs
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.partials import Progress
from domain.blobs.ports import PartialBlobs
from domain.errors import LeaseLostError
from tests.contracts.blob_store.store import BodyFailed, read, stream
from tests.contracts.partial_blobs.partial_blobs import begin, broken
from tests.fakes.blobs.partial_blobs import FakePartialBlobs
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.clock import FakeClock

FAILURES = 3
PAUSE = 4.0


@pytest.fixture
def circuit(clock: FakeClock) -> Circuit:
    return Circuit(clock, failures=FAILURES, pause=PAUSE, draw=lambda: 0)


@pytest.fixture
def store(blobs: FakeBlobStore, circuit: Circuit) -> CircuitBlobStore:
    return CircuitBlobStore(blobs, circuit)


@pytest.fixture
def partials(blobs: FakeBlobStore, store: CircuitBlobStore, circuit: Circuit) -> CircuitPartialBlobs:
    return CircuitPartialBlobs(FakePartialBlobs(blobs), store)


NOTHING = Progress(size=0, state={"pieces": []})


async def append(partials: PartialBlobs) -> None:
    async def keep(progress: Progress) -> None:
        pass

    await partials.append(new_blob_key(), NOTHING, stream(b"bytes"), size=5, checkpoint=keep)


async def complete(partials: PartialBlobs) -> None:
    await partials.complete(new_blob_key(), NOTHING)


async def concatenate(partials: PartialBlobs) -> None:
    await partials.concatenate(new_blob_key(), [])


Call = Callable[[PartialBlobs], Awaitable[None]]
CALLS: list[Call] = [append, complete, concatenate]


@pytest.mark.parametrize("call", CALLS)
async def test_every_kind_of_call_counts_and_then_fails_at_once(
    partials: CircuitPartialBlobs, blobs: FakeBlobStore, circuit: Circuit, clock: FakeClock, call: Call
) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await call(partials)
    assert circuit.is_open
    blobs.fail_with = None
    with pytest.raises(BlobStoreUnavailableError) as raised:
        await call(partials)
    assert raised.value is not BLOB_STORE_DOWN
    clock.advance(PAUSE)
    await call(partials)
    assert not circuit.is_open


async def test_nothing_begins_while_the_store_of_the_blobs_is_down(
    partials: CircuitPartialBlobs, store: CircuitBlobStore, blobs: FakeBlobStore
) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    for _ in range(FAILURES):
        with pytest.raises(BlobStoreUnavailableError):
            await store.check()
    blobs.fail_with = None
    with pytest.raises(BlobStoreUnavailableError):
        await partials.begin(new_blob_key())


async def test_errors_of_the_body_and_of_checkpoints_do_not_count_and_missing_bytes_are_an_answer(
    partials: CircuitPartialBlobs, blobs: FakeBlobStore, circuit: Circuit
) -> None:
    upload = await begin(partials)
    await upload.append(b"bytes")
    for _ in range(FAILURES):
        with pytest.raises(BodyFailed):
            await upload.append(broken(b"more", BodyFailed()))
    lost = upload.fence()
    for _ in range(FAILURES):
        with pytest.raises(LeaseLostError):
            await upload.append(b"late")
    await blobs.abort(upload.key)
    for _ in range(FAILURES):
        with pytest.raises(BlobMissingError):
            await lost.complete()
    assert not circuit.is_open


async def test_a_closed_circuit_changes_nothing(partials: CircuitPartialBlobs, store: CircuitBlobStore) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"some"
        yield b"thing"

    upload = await begin(partials, size=9)
    await upload.append(chunks(), size=9)
    later = upload.fence()
    await later.complete()
    key = new_blob_key()
    await partials.concatenate(key, [later.key, later.key])
    assert await read(store, key) == b"somethingsomething"
