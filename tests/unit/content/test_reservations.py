"""Leases of reserved blobs: kept while their uploads move, lost, shared and given up."""

from collections.abc import AsyncIterator, Sequence

import anyio
import pytest

from domain.blobs.errors import InterruptedBodyError
from domain.blobs.reservations import Reservations
from domain.errors import (
    LeaseLostError,
)
from domain.files.content.store_file import StoreFile
from domain.maintenance.reap import Reap, ReapCounts
from tests.fakes.blobs.records import FakeBlobRecords
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.unit.content.bodies import LEASE, body, new_file


async def test_an_end_that_comes_after_the_lease_publishes_nothing(
    store_file: StoreFile, catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock, reap: Reap
) -> None:
    async def late_end() -> AsyncIterator[bytes]:
        yield b"x"
        clock.advance(LEASE)
        assert [reaped async for reaped in reap()] == [ReapCounts(lapsed=2), ReapCounts(removed=2)]

    with pytest.raises(LeaseLostError):
        await store_file(new_file(), late_end())
    assert not blobs.stored


async def test_a_catalog_that_is_down_for_a_moment_does_not_end_an_upload(
    store_file: StoreFile, blob_records: FakeBlobRecords, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(keys: Sequence[str], *, lease: float) -> set[str]:
        raise CATALOG_DOWN

    async def slow() -> AsyncIterator[bytes]:
        yield b"x"
        clock.advance(LEASE * 0.6)

    monkeypatch.setattr(blob_records, "renew_leases", refuse)
    assert (await store_file(new_file(), slow())).file.size == 1


async def test_a_long_upload_keeps_its_lease_while_it_moves_and_while_it_waits(
    store_file: StoreFile, reservations: Reservations, catalog: FakeCatalog, clock: FakeClock
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(10):
            clock.advance(LEASE * 0.6)
            await reservations.renew_due()
            assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
            yield b"x"

    stored = await store_file(new_file(), slow())
    assert stored.file.size == 10
    assert catalog.database.blobs[stored.file.blob_key].state == "live"


async def test_a_lease_is_kept_no_longer_than_its_upload(
    store_file: StoreFile,
    reservations: Reservations,
    catalog: FakeCatalog,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Renewals(list[str]):
        async def note(self, keys: Sequence[str], *, lease: float) -> set[str]:
            self.extend(keys)
            return set(keys)

    await store_file(new_file("a"), body(b"x"))
    with pytest.raises(InterruptedBodyError):
        await store_file(new_file("b", size=5), body(b"x"))
    used = set(catalog.database.blobs)
    waiting = await reservations.take()
    renewals = Renewals()
    monkeypatch.setattr(catalog.blob_records, "renew_leases", renewals.note)
    clock.advance(LEASE * 0.5)
    await reservations.renew_due()
    assert waiting.key in renewals
    assert not used.intersection(renewals)


async def test_an_upload_that_lost_its_lease_is_given_up(
    store_file: StoreFile, reservations: Reservations, blob_records: FakeBlobRecords, clock: FakeClock
) -> None:
    async def stalled() -> AsyncIterator[bytes]:
        clock.advance(LEASE)
        await blob_records.condemn_lapsed(limit=10)
        await reservations.renew_due()
        yield b"x"
        pytest.fail("It was read further.")

    with pytest.raises(LeaseLostError):
        await store_file(new_file(), stalled())


async def test_reservations_are_made_in_batches_and_each_is_used_once(
    reservations: Reservations, database: FakeDatabase
) -> None:
    taken = {(await reservations.take()).key for _ in range(3)}
    assert len(taken) == 3
    assert len(database.blobs) == 4


async def test_many_uploads_at_once_share_the_reservations(reservations: Reservations, database: FakeDatabase) -> None:
    keys: list[str] = []

    async def take() -> None:
        keys.append((await reservations.take()).key)

    async with anyio.create_task_group() as tasks:
        for _ in range(9):
            tasks.start_soon(take)
    assert len(set(keys)) == 9
    assert len(database.blobs) == 10


async def test_a_reservation_that_lay_too_long_is_not_handed_out(
    reservations: Reservations, database: FakeDatabase, clock: FakeClock
) -> None:
    first = await reservations.take()
    clock.advance(LEASE * 0.5)
    assert (await reservations.take()).key not in {first.key, *list(database.blobs)[:2]}


async def test_closing_gives_up_the_unused_reservations(reservations: Reservations, database: FakeDatabase) -> None:
    taken = await reservations.take()
    await reservations.close()
    states = {key: row.state for key, row in database.blobs.items()}
    assert states.pop(taken.key) == "staged"
    assert list(states.values()) == ["condemned"]
    await reservations.close()
