"""Denials are gathered within bounds, and what does not fit is counted."""

import pytest

from domain.access.callers import NOBODY, Caller
from domain.audit.denials import EACH, KNOWN, MAX_AGE, UNKNOWN, Denials
from domain.audit.model import AuditEntry, Denial
from domain.errors import CatalogUnavailableError
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase

ANN = Caller(kind="key", id="ann", address="203.0.113.7", request_id="r-1")


@pytest.fixture
def denials(catalog: FakeCatalog, clock: FakeClock) -> Denials:
    return Denials(catalog.audit, clock)


def denial(name: str = "a", caller: Caller = ANN) -> Denial:
    return Denial(caller=caller, action="access.read", bucket="songs", name=name)


def nobody_at(address: int) -> Caller:
    return Caller(kind="nobody", address=f"198.51.100.{address}")


def counts(entries: list[AuditEntry], action: str = "access.read") -> list[int]:
    return [entry.count for entry in entries if entry.action == action]


async def test_a_denial_is_in_the_audit_with_the_next_flush(denials: Denials, database: FakeDatabase) -> None:
    denials.add(denial())
    assert database.audit == []
    assert await denials.flush() == 0
    [entry] = database.audit
    assert (entry.caller, entry.address, entry.request_id) == ("key:ann", "203.0.113.7", "r-1")
    assert (entry.action, entry.outcome, entry.bucket, entry.name) == ("access.read", "denied", "songs", "a")
    await denials.flush()
    assert len(database.audit) == 1


async def test_equal_denials_are_one_entry_of_the_first_of_them(
    denials: Denials, database: FakeDatabase, clock: FakeClock
) -> None:
    began = clock.now()
    for number in range(1000):
        caller = Caller(kind="key", id="ann", address=ANN.address, request_id=f"r-{number}")
        denials.add(denial(caller=caller))
        clock.advance(0.001)
    denials.add(denial("b"))
    await denials.flush()
    first, other = database.audit
    assert (first.count, first.request_id, first.at) == (1000, "r-0", began)
    assert other.count == 1


async def test_one_caller_does_not_take_the_room_of_others(denials: Denials, database: FakeDatabase) -> None:
    for number in range(EACH + 5):
        denials.add(denial(str(number)))
    denials.add(denial(caller=Caller(kind="key", id="ben")))
    assert await denials.flush() == 5
    assert len(counts(database.audit)) == EACH + 1
    assert counts(database.audit, "audit.lost") == [5]


async def test_a_flood_of_nobody_is_bounded_and_leaves_room_for_callers(
    denials: Denials, database: FakeDatabase
) -> None:
    for number in range(10_000):
        denials.add(denial(str(number), nobody_at(number % 200)))
    for number in range(KNOWN):
        denials.add(denial(caller=Caller(kind="key", id=str(number))))
    assert await denials.flush() == 10_000 - UNKNOWN
    assert len(counts(database.audit)) == UNKNOWN + KNOWN
    assert counts(database.audit, "audit.lost") == [10_000 - UNKNOWN]
    # There is room again.
    denials.add(denial(caller=nobody_at(1)))
    assert await denials.flush() == 0


async def test_a_flood_of_callers_is_bounded(denials: Denials, database: FakeDatabase) -> None:
    for number in range(KNOWN + 7):
        denials.add(denial(caller=Caller(kind="token", id=str(number))))
    assert await denials.flush() == 7
    assert len(counts(database.audit)) == KNOWN


async def test_denials_wait_while_the_catalog_is_down(
    denials: Denials, database: FakeDatabase, clock: FakeClock
) -> None:
    for number in range(EACH + 3):
        denials.add(denial(str(number)))
    database.fail_with = CATALOG_DOWN
    for _ in range(3):
        with pytest.raises(CatalogUnavailableError):
            await denials.flush()
    clock.advance(MAX_AGE - 1)
    database.fail_with = None
    assert await denials.flush() == 3
    assert len(counts(database.audit)) == EACH


async def test_denials_that_waited_for_too_long_are_lost(
    denials: Denials, database: FakeDatabase, clock: FakeClock
) -> None:
    denials.add(denial())
    denials.add(denial())
    clock.advance(MAX_AGE + 1)
    denials.add(denial("b", NOBODY))
    assert await denials.flush() == 2
    assert counts(database.audit) == [1]
    assert counts(database.audit, "audit.lost") == [2]
