"""Conditional requests (RFC 9110, section 13)."""

from datetime import UTC, datetime, timedelta
from itertools import product

import msgspec
import pytest

from domain.errors import NothingToMatchError, PreconditionFailedError
from domain.values.preconditions import IfRange, Precondition, last_modified

CHANGED_AT = datetime(2026, 1, 1, 12, 0, 5, 700_000, tzinfo=UTC)
DATE = datetime(2026, 1, 1, 12, 0, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EARLIER, LATER = DATE - SECOND, DATE + SECOND


class State(msgspec.Struct):
    """A file, as far as conditions look at it."""

    etag: str = '"a"'
    content_etag: str = '"content"'
    revision: int = 1
    updated_at: datetime = CHANGED_AT


FILE = State()


@pytest.mark.parametrize(
    ("precondition", "current"),
    [
        (Precondition(), None),
        (Precondition(), FILE),
        (Precondition(if_match=()), FILE),
        (Precondition(if_match=('"b"', '"a"')), FILE),
        (Precondition(if_none_match=()), None),
        (Precondition(if_none_match=('"b"',)), FILE),
        (Precondition(if_unmodified_since=DATE), FILE),
        (Precondition(if_unmodified_since=LATER), FILE),
        # Section 13.1.4: ignored where there is nothing that has a date, and beside If-Match.
        (Precondition(if_unmodified_since=EARLIER), None),
        (Precondition(if_match=('"a"',), if_unmodified_since=EARLIER), FILE),
        # Section 13.1.3: ignored for all but GET and HEAD.
        (Precondition(if_modified_since=LATER), FILE),
    ],
)
def test_a_condition_that_holds_lets_a_change_pass(precondition: Precondition, current: State | None) -> None:
    precondition.check(current)


@pytest.mark.parametrize(
    ("precondition", "current"),
    [
        (Precondition(if_match=()), None),
        (Precondition(if_match=('"a"',)), None),
        (Precondition(if_match=('"b"',)), FILE),
        (Precondition(if_match=('W/"a"',)), FILE),
        (Precondition(if_none_match=()), FILE),
        (Precondition(if_none_match=('"a"',)), FILE),
        (Precondition(if_none_match=('W/"a"',)), FILE),
        (Precondition(if_unmodified_since=EARLIER), FILE),
        (Precondition(if_match=('"b"',), if_unmodified_since=LATER), FILE),
        (Precondition(if_match=('"a"',), if_none_match=('"a"',)), FILE),
    ],
)
def test_a_condition_that_is_false_stops_a_change(precondition: Precondition, current: State | None) -> None:
    with pytest.raises(PreconditionFailedError):
        precondition.check(current)


@pytest.mark.parametrize(
    ("precondition", "holds"),
    [
        (Precondition(if_match=('"content"',), of_content=True), True),
        (Precondition(if_match=('"a"',), of_content=True), False),
        (Precondition(if_match=('"content"',)), False),
        (Precondition(if_none_match=('"a"',), of_content=True), True),
        (Precondition(if_none_match=('"content"',), of_content=True), False),
    ],
)
def test_a_condition_of_the_content_compares_the_tag_of_the_content(precondition: Precondition, holds: bool) -> None:
    for check in (precondition.check, precondition.check_source):
        if holds:
            check(FILE)
        else:
            with pytest.raises(PreconditionFailedError):
                check(FILE)


def test_there_is_nothing_to_match_where_there_is_no_file() -> None:
    with pytest.raises(NothingToMatchError):
        Precondition(if_match=()).check(None)


@pytest.mark.parametrize(
    ("precondition", "is_fresh"),
    [
        (Precondition(), False),
        (Precondition(if_match=('"a"',)), False),
        (Precondition(if_none_match=('"a"',)), True),
        (Precondition(if_none_match=('W/"a"',)), True),
        (Precondition(if_none_match=('"b"', 'W/"a"')), True),
        (Precondition(if_none_match=()), True),
        (Precondition(if_none_match=('"b"',)), False),
        (Precondition(if_modified_since=EARLIER), False),
        # The date has no fraction of a second, whatever the clock has.
        (Precondition(if_modified_since=DATE), True),
        (Precondition(if_modified_since=LATER), True),
        # Section 13.1.3: ignored beside If-None-Match, whichever way that goes.
        (Precondition(if_none_match=('"b"',), if_modified_since=LATER), False),
        (Precondition(if_none_match=('"a"',), if_modified_since=EARLIER), True),
    ],
)
def test_a_reader_that_has_the_state_already_is_fresh(precondition: Precondition, is_fresh: bool) -> None:
    assert precondition.is_fresh(FILE) == is_fresh


def test_conditions_of_a_reader_come_in_the_order_of_section_13_2_2() -> None:
    tags = (None, (), ('"a"',), ('"b"',))
    dates = (None, EARLIER, DATE)
    for if_match, if_unmodified_since, if_none_match, if_modified_since in product(tags, dates, tags, dates):
        precondition = Precondition(
            if_match=if_match,
            if_unmodified_since=if_unmodified_since,
            if_none_match=if_none_match,
            if_modified_since=if_modified_since,
        )
        if if_match == ('"b"',) or (if_match is None and if_unmodified_since == EARLIER):
            expected = 412
        elif if_none_match is not None:
            expected = 200 if if_none_match == ('"b"',) else 304
        else:
            expected = 304 if if_modified_since == DATE else 200
        assert status_of(precondition) == expected, precondition


def status_of(precondition: Precondition) -> int:
    try:
        return 304 if precondition.is_fresh(FILE) else 200
    except PreconditionFailedError:
        return 412


@pytest.mark.parametrize(
    ("validator", "holds"),
    [
        ('"a"', True),
        ('"b"', False),
        ('W/"a"', False),
        (DATE, True),
        (EARLIER, False),
        (LATER, False),
        (None, False),
    ],
)
def test_a_part_fits_to_just_the_state_that_the_reader_has(validator: str | datetime | None, holds: bool) -> None:
    """Section 13.1.5: a tag is compared strongly, a date exactly."""
    assert IfRange(validator).holds(FILE) == holds


def test_a_date_is_strong_where_no_other_state_can_be_of_its_second() -> None:
    """Section 8.8.2.2: the first revision may be of the same second as the second one."""
    assert IfRange(DATE).holds(State(revision=1))
    assert not IfRange(DATE).holds(State(revision=2))


def test_the_date_of_the_last_change_has_whole_seconds() -> None:
    assert last_modified(FILE) == DATE


@pytest.mark.parametrize("fraction", [0, 700_000, 999_999])
def test_a_date_of_the_second_in_which_a_file_changed_again_is_older_than_the_file(fraction: int) -> None:
    changed = State(revision=2, updated_at=DATE.replace(microsecond=fraction))
    assert last_modified(changed) == LATER
    assert not Precondition(if_modified_since=DATE).is_fresh(changed)
    with pytest.raises(PreconditionFailedError):
        Precondition(if_unmodified_since=DATE).check(changed)
    assert Precondition(if_modified_since=LATER).is_fresh(changed)
    Precondition(if_unmodified_since=LATER).check(changed)
