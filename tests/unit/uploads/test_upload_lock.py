"""Locks on uploads: one request at a time works on an upload, and a stalled one gives way to others."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import anyio
import pytest
from anyio.lowlevel import checkpoint

from domain.access.callers import SYSTEM
from domain.blobs.errors import InterruptedBodyError
from domain.blobs.model import new_blob_key
from domain.blobs.partials import Progress
from domain.errors import CatalogUnavailableError, FileportError, LeaseLostError, OutcomeUnknownError
from domain.uploads.errors import UploadLockedError
from domain.uploads.model import NewUpload
from domain.uploads.upload_lock import LockTimings, LockUpload, UploadLock
from domain.values.ids import new_id
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN
from tests.support.factories import NewFileFactory
from tests.support.limits import LIMITS

LEASE = 30.0
# Nothing waits for a pause, only for the other requests.
TIMINGS = LockTimings(lease=LEASE, tick=0, idle=0, poll=0)


@pytest.fixture
def locks(catalog: FakeCatalog) -> LockUpload:
    return LockUpload(catalog.uploads, catalog.upload_locks, LIMITS, TIMINGS)


async def begun(catalog: FakeCatalog) -> UUID:
    new = NewUpload(target=NewFileFactory.build(), length=10)
    return (await catalog.uploads.create_upload(new, id=new_id(), blob_key=new_blob_key(), ttl=3600)).id


class Endless:
    """A client that sends one chunk, and then nothing."""

    def __init__(self) -> None:
        self.has_begun = anyio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"x"
        self.has_begun.set()
        await anyio.sleep_forever()


async def read(lock: UploadLock, body: Endless) -> bytes:
    return b"".join([chunk async for chunk in lock.chunks(body)])


async def failure_of(call: Callable[[], Awaitable[object]]) -> FileportError | None:
    try:
        await call()
    except FileportError as error:
        return error
    return None


async def test_a_lock_is_released_after_success_and_failure(catalog: FakeCatalog, locks: LockUpload) -> None:
    id_ = await begun(catalog)

    async def work(lock: UploadLock) -> UUID:
        assert (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "held"
        return lock.upload.id

    async def fail(_: UploadLock) -> None:
        raise InterruptedBodyError("x")

    assert await locks(id_, work) == id_
    assert (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "free"
    with pytest.raises(InterruptedBodyError):
        await locks(id_, fail)
    assert (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "free"


async def test_a_lock_is_released_after_a_cancellation(catalog: FakeCatalog, locks: LockUpload) -> None:
    id_ = await begun(catalog)

    async def work(_: UploadLock) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    with anyio.CancelScope() as scope:
        await locks(id_, work)
    assert scope.cancelled_caught
    assert (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "free"


async def test_a_request_that_makes_progress_keeps_its_lock(catalog: FakeCatalog, locks: LockUpload) -> None:
    id_ = await begun(catalog)
    refused = anyio.Event()

    async def work(lock: UploadLock) -> int:
        await refused.wait()
        await lock.confirm()
        return lock.epoch

    async def other(_: UploadLock) -> None:
        raise AssertionError("Two requests hold the lock at once.")

    async def try_too() -> None:
        while (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "free":
            await checkpoint()
        assert isinstance(await failure_of(lambda: locks(id_, other)), UploadLockedError)
        refused.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(try_too)
        assert await locks(id_, work) == 1


async def test_a_client_that_sends_nothing_gives_way_to_a_waiting_request(
    catalog: FakeCatalog, locks: LockUpload
) -> None:
    id_ = await begun(catalog)
    body = Endless()
    failures: list[FileportError | None] = []

    async def hang() -> None:
        failures.append(await failure_of(lambda: locks(id_, lambda lock: read(lock, body))))

    async def work(lock: UploadLock) -> bool:
        return lock.is_inherited

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hang)
        await body.has_begun.wait()
        assert await locks(id_, work) is False
    assert isinstance(failures[0], InterruptedBodyError)


async def test_a_client_that_sends_nothing_keeps_its_lock_while_no_request_waits(
    catalog: FakeCatalog, locks: LockUpload, clock: FakeClock
) -> None:
    id_ = await begun(catalog)
    going_on = anyio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"a"
        await going_on.wait()
        yield b"b"

    async def work(lock: UploadLock) -> list[bytes]:
        read = [chunk async for chunk in lock.chunks(body())]
        await lock.save_progress(Progress(2, {}))
        return read

    async def later() -> None:
        for _ in range(20):
            await checkpoint()
        clock.advance(2 * LEASE)
        going_on.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(later)
        assert await locks(id_, work) == [b"a", b"b"]


async def test_the_lock_of_a_holder_that_died_is_acquired_after_its_lease(
    catalog: FakeCatalog, locks: LockUpload, clock: FakeClock
) -> None:
    id_ = await begun(catalog)
    dead = await catalog.upload_locks.acquire_lock(id_, lease=LEASE, ttl=3600)
    assert dead is not None

    async def work(lock: UploadLock) -> tuple[bool, int]:
        return lock.is_inherited, lock.epoch

    async def let_time_pass() -> None:
        while not (await catalog.uploads.get_upload(SYSTEM, id_)).is_release_requested:
            await checkpoint()
        clock.advance(LEASE)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(let_time_pass)
        assert await locks(id_, work) == (True, dead.epoch + 1)


async def test_a_stalled_request_finds_that_its_lock_is_lost(
    catalog: FakeCatalog, locks: LockUpload, clock: FakeClock
) -> None:
    id_ = await begun(catalog)
    body = Endless()
    failures: list[FileportError | None] = []

    async def hang() -> None:
        failures.append(await failure_of(lambda: locks(id_, lambda lock: read(lock, body))))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(hang)
        await body.has_begun.wait()
        clock.advance(LEASE)
        hold = await catalog.upload_locks.acquire_lock(id_, lease=LEASE, ttl=3600)
    assert isinstance(failures[0], LeaseLostError)
    assert hold is not None
    assert (await catalog.uploads.get_upload(SYSTEM, id_)).lock_state == "held"


async def test_a_lock_outlasts_a_short_failure_of_the_catalog(catalog: FakeCatalog, locks: LockUpload) -> None:
    id_ = await begun(catalog)

    async def work(lock: UploadLock) -> None:
        catalog.database.fail_with = CATALOG_DOWN
        for _ in range(10):
            await checkpoint()
        catalog.database.fail_with = None
        await lock.save_progress(Progress(1, {}))

    await locks(id_, work)
    assert (await catalog.uploads.get_upload(SYSTEM, id_)).size == 1


async def test_a_lock_whose_acquisition_has_an_unknown_outcome_is_not_held(
    catalog: FakeCatalog, locks: LockUpload, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(*_: object, **__: object) -> None:
        raise OutcomeUnknownError("The catalog went away.")

    async def work(_: UploadLock) -> None: ...

    id_ = await begun(catalog)
    monkeypatch.setattr(catalog.upload_locks, "acquire_lock", lose)
    with pytest.raises(CatalogUnavailableError):
        await locks(id_, work)
