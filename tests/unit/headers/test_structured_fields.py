"""Structured fields (RFC 9651)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.headers.structured_fields import parse_dictionary


@pytest.mark.parametrize(
    ("value", "members"),
    [
        ("", {}),
        ("a=1", {"a": 1}),
        ("  a=-10,b=0 ", {"a": -10, "b": 0}),
        ("a=1 \t,\t b=2", {"a": 1, "b": 2}),
        ("a=1, a=2", {"a": 2}),
        ("sha-256=:AQID:, unixsum=:Ag==:", {"sha-256": b"\1\2\3", "unixsum": b"\2"}),
        ("a=:Ag:", {"a": b"\2"}),
        ("a=::", {"a": b""}),
        ("a=1;q=2;x;y=?0", {"a": 1}),
        ('a=1.5, b="x, y=\\"", c=token/*:, d=?1, e, f;x=1, g=(1 2;a (), h=@5', None),
        ('a=1.5, b="x, y=\\"", c=token/*:, d=?1, e, f;x=1, g=(1 "2";a ), h=@5', dict.fromkeys("abcdefgh")),
    ],
)
def test_dictionaries_are_read(value: str, members: dict[str, int | bytes | None] | None) -> None:
    assert parse_dictionary(value) == members


@pytest.mark.parametrize(
    "value",
    [
        "A=1",
        "a=",
        "a=1,",
        ",a=1",
        "a=1,,b=2",
        "a=1 b=2",
        "a=1; ,b=2",
        "a =1",
        "a= 1",
        "a=:AQI",
        "a=:A:",
        "a=:AQ*I:",
        "a=:AQID:x",
        'a="x',
        "a=1234567890123456",
        "a=1.2345",
        "a=é",
        "a=1\n",
    ],
)
def test_a_malformed_dictionary_is_none(value: str) -> None:
    """RFC 9651, section 4.2: a field that breaks the grammar is ignored as a whole."""
    assert parse_dictionary(value) is None


@given(st.text('ab=:,;"()?@ 12.-/*\t', max_size=30))
def test_whatever_is_sent_is_read_or_not(value: str) -> None:
    members = parse_dictionary(value)
    assert members is None or all(isinstance(each, int | bytes | None) for each in members.values())
