"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.idempotency.errors import InvalidIdempotencyKeyError
from service.http.headers.idempotency_key import parse_key
from service.http.openapi.headers import IDEMPOTENCY_KEY


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"8e03978e-40d5-43dd-bc93-6894a57f9324"', "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
        (r'"a \"b\" \\c"', r'a "b" \c'),
        ('"a"; version=1', "a"),
        ("a", "a"),
        ("order 7, again", "order 7, again"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
    ],
)
def test_a_key_is_a_string_with_or_without_its_quotes(value: str, key: str) -> None:
    assert parse_key(value) == key


@pytest.mark.parametrize(
    "value", ["", '""', '"', '"a', '"a" b', '"a", "b"', r'"a\b"', "é", '"é"', "a\tb", "x" * 256, f'"{"x" * 256}"']
)
def test_any_other_value_is_refused_as_a_key(value: str) -> None:
    with pytest.raises(InvalidIdempotencyKeyError):
        parse_key(value)
    assert not re.search(IDEMPOTENCY_KEY.schema["pattern"], value)


@given(value=st.from_regex(IDEMPOTENCY_KEY.schema["pattern"], fullmatch=True))
def test_a_key_that_the_document_allows_is_accepted(value: str) -> None:
    assert 1 <= len(parse_key(value)) <= 255
