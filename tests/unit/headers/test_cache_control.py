"""What a bucket says of caches, for answers that are for one reader alone."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.headers.cache_control import private_form


@pytest.mark.parametrize(
    ("value", "private"),
    [
        ("public, max-age=3600, immutable", "private, max-age=3600, immutable"),
        ("max-age=60", "private, max-age=60"),
        ("Public , MAX-AGE=60", "private, MAX-AGE=60"),
        ("s-maxage=60, max-age=5", "private, max-age=5"),
        ('S-MaxAge="60",,max-age=5,', "private, max-age=5"),
        ("no-store", "private, no-store"),
        ("private", "private"),
        ("public", "private"),
        # It would be private to one field alone.
        ('private="set-cookie", max-age=5', "private, max-age=5"),
        ('no-cache="a, public", x="\\", public"', 'private, no-cache="a, public", x="\\", public"'),
        ("must-revalidate, proxy-revalidate", "private, must-revalidate"),
        ("max-age=5 public", "private, no-cache"),
        ('max-age=5, x="public', "private, no-cache"),
        ("max-age = 5", "private, no-cache"),
        (" , ", "private, no-cache"),
    ],
)
def test_no_shared_cache_keeps_the_answer(value: str, private: str) -> None:
    assert private_form(value) == private


@given(
    st.lists(st.sampled_from(["public", "PUBLIC", "s-maxage=9", "private", "x", ",", " ", "=", '"', "\\", ";", "9"]))
)
def test_no_text_makes_it_public(parts: list[str]) -> None:
    private = private_form("".join(parts))
    assert private.startswith("private")
    outside_quotes = re.sub(r'"(?:[^"\\]|\\.)*"', "", private)
    names = [each.partition("=")[0].strip().lower() for each in outside_quotes.split(",")]
    assert not {"public", "s-maxage"} & set(names)
    assert names.count("private") == 1
