"""The soak's own rules: what may be seen, and what is a violation."""

from datetime import UTC, datetime

import msgspec
import pytest

from tests.harness.soak.clients.contested import Register
from tests.harness.soak.truth import Entry, Ledger, Location, Record, State
from tests.harness.soak.violation import ViolationError

PLACE = Location("b", "a")
OLD = State(sha256="1" * 64, size=1, content_type="text/plain")
NEW = msgspec.structs.replace(OLD, sha256="2" * 64, size=2)


def record(state: State, location: Location = PLACE) -> Record:
    return Record(
        id="i", bucket=location.bucket, name=location.name, etag='"i-1"', revision=1, **msgspec.structs.asdict(state)
    )


def is_possible(entry: Entry, seen: State | None, *, began: float = 0, ended: float = 0) -> bool:
    try:
        entry.check_seen(seen, began=began, ended=ended)
    except ViolationError:
        return False
    return True


def test_an_acknowledged_change_leaves_one_state() -> None:
    entry = Entry(PLACE)
    assert is_possible(entry, None)
    entry.became(record(OLD))
    assert [is_possible(entry, seen) for seen in (None, OLD, NEW)] == [False, True, False]
    entry.became(None)
    assert [is_possible(entry, seen) for seen in (None, OLD, NEW)] == [True, False, False]


def test_an_unknown_outcome_adds_a_state_until_the_next_acknowledged_change() -> None:
    entry = Entry(PLACE)
    entry.became(record(OLD))
    entry.may_become("put", [NEW])
    assert [is_possible(entry, seen) for seen in (None, OLD, NEW)] == [False, True, True]
    assert not entry.is_certain
    entry.became(record(NEW))
    assert [is_possible(entry, seen) for seen in (None, OLD, NEW)] == [False, False, True]
    assert entry.is_certain


def test_a_file_is_there_before_its_expiry_and_gone_after_it() -> None:
    brief = msgspec.structs.replace(OLD, expires_at=datetime.fromtimestamp(100, UTC))
    entry = Entry(PLACE)
    entry.became(record(brief))
    assert [is_possible(entry, brief, began=at, ended=at) for at in (99, 100)] == [True, False]
    assert [is_possible(entry, None, began=at, ended=at) for at in (99, 100)] == [False, True]
    # A request that was under way at that moment may see either.
    assert is_possible(entry, None, began=99, ended=101)
    assert is_possible(entry, brief, began=99, ended=101)
    entry.forget_expired(100)
    assert entry.possible == [None]
    assert entry.record is None


def test_a_quota_is_kept_for_certain_where_the_most_that_is_possible_fits() -> None:
    ledger = Ledger()
    ledger.at(PLACE).became(record(OLD))
    ledger.at(PLACE).may_become("put", [NEW])
    other = Location("b", "other")
    assert ledger.least("b") == 1
    assert ledger.fits(other, 8, quota=10)
    assert not ledger.fits(other, 9, quota=10)
    # What is there already makes way for what comes under the same name.
    assert ledger.fits(PLACE, 10, quota=10)


@pytest.mark.parametrize("happened", [True, None])
def test_of_contested_writes_one_that_another_followed_is_never_read_again(happened: bool | None) -> None:
    register = Register("a")
    first = register.begin("first", 1)
    register.end(first, 2, happened=happened)
    register.check_seen("first", began=3, ended=4)
    second = register.begin("second", 3)
    register.end(second, 5, happened=True)
    # A read that began before the second was acknowledged may still see the first.
    register.check_seen("first", began=4, ended=6)
    register.check_seen("second", began=4, ended=6)
    with pytest.raises(ViolationError):
        register.check_seen("first", began=6, ended=7)


def test_of_contested_writes_at_the_same_time_either_may_be_last() -> None:
    register = Register("a")
    writes = [register.begin(name, 1) for name in ("one", "other")]
    for write in writes:
        register.end(write, 2, happened=True)
    register.check_seen("one", began=3, ended=4)
    register.check_seen("other", began=3, ended=4)


def test_an_unknown_contested_write_that_was_read_has_happened() -> None:
    register = Register("a")
    register.end(register.begin("first", 1), 2, happened=True)
    register.end(register.begin("second", 3), 4, happened=None)
    register.check_seen("first", began=5, ended=6)
    register.check_seen("second", began=7, ended=8)
    with pytest.raises(ViolationError):
        register.check_seen("first", began=9, ended=10)


def test_contested_bytes_that_nobody_wrote_or_that_were_refused_are_a_violation() -> None:
    register = Register("a")
    register.end(register.begin("refused", 1), 2, happened=False)
    register.check_seen(None, began=3, ended=4)
    for seen in ("refused", "of nobody"):
        with pytest.raises(ViolationError):
            register.check_seen(seen, began=3, ended=4)
    register.end(register.begin("first", 5), 6, happened=True)
    with pytest.raises(ViolationError):
        register.check_seen(None, began=7, ended=8)
