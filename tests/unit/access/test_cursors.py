"""A cursor is of use to the caller who was given it alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.crypto import ServiceSecrets
from domain.access.callers import ROOT, Caller
from domain.access.cursors import Cursors
from domain.values.errors import InvalidCursorError
from tests.support.access import caller

OLD, NEW = "an old secret of the service, long enough", "a new secret of the service, long enough"
CURSORS = Cursors(ServiceSecrets(OLD))
ALICE = caller(id="alice")


def test_a_caller_takes_its_cursor_on_and_none_is_none() -> None:
    given_ = CURSORS.give(ALICE, "position")
    assert CURSORS.take(ALICE, given_) == "position"
    assert (CURSORS.give(ALICE, None), CURSORS.take(ALICE, None)) == (None, None)


@pytest.mark.parametrize("other", [caller(id="bob"), caller(id="alic"), ROOT])
def test_the_cursor_of_another_caller_is_foreign(other: Caller) -> None:
    given_ = CURSORS.give(ALICE, "position")
    with pytest.raises(InvalidCursorError):
        CURSORS.take(other, given_)


@given(st.integers(0, 60), st.characters())
def test_a_cursor_with_any_character_changed_is_foreign(index: int, character: str) -> None:
    given_ = CURSORS.give(ALICE, "position") or ""
    index %= len(given_) - 1  # the last character holds bits that say nothing
    changed = given_[:index] + character + given_[index + 1 :]
    if changed != given_:
        with pytest.raises(InvalidCursorError):
            CURSORS.take(ALICE, changed)


@pytest.mark.parametrize("made_up", ["", ".", "position", "position.", "cG9z.\u00e9", "position.!!!!", "a" * 10_000])
def test_a_made_up_cursor_is_foreign(made_up: str) -> None:
    with pytest.raises(InvalidCursorError):
        CURSORS.take(ALICE, made_up)


def test_a_cursor_outlives_one_rotation_of_the_service_secret() -> None:
    given_ = CURSORS.give(ALICE, "position")
    assert Cursors(ServiceSecrets(NEW, OLD)).take(ALICE, given_) == "position"
    with pytest.raises(InvalidCursorError):
        Cursors(ServiceSecrets(NEW)).take(ALICE, given_)
