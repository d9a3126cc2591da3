"""The forms of names and prefixes."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.files.name_forms import after_prefix, beginnings, forms_of
from domain.values.folding import compose

# Letters, and marks that Unicode never puts before those that the letters have already.
TEXTS = st.text(st.sampled_from("aeoAEO/ ñçüşกัकिが가각한ḱ\u0301\u0308"), max_size=6)


@given(TEXTS)
def test_a_name_has_one_form_for_each_way_to_write_it(name: str) -> None:
    forms = forms_of(name)
    assert forms[0] == name
    assert set(forms) == {name, compose(name), unicodedata.normalize("NFD", name)}
    assert len(set(forms)) == len(forms)


@given(TEXTS, TEXTS)
def test_a_prefix_is_the_beginning_of_either_form_and_of_what_follows_a_letter(prefix: str, rest: str) -> None:
    name = compose(prefix) + compose(rest)
    if compose(name) == name:
        for form in (name, unicodedata.normalize("NFD", name)):
            found = after_prefix(form, prefix)
            assert found is not None
            assert compose(found) == compose(rest)


@given(TEXTS, TEXTS)
def test_a_name_begins_with_a_prefix_in_one_form_at_most(name: str, prefix: str) -> None:
    assert sum(name.startswith(beginning.text) for beginning in beginnings(prefix)) <= 1


@pytest.mark.parametrize(
    ("name", "prefix", "rest"),
    [
        ("anything", "", "anything"),
        ("cafe\u0301/1", "cafe", None),
        ("cafe\u0301/1", "café", "/1"),
        ("café/1", "cafe\u0301", "/1"),
        ("\u1100\u1161\u11a8", "가", None),
        ("\u1100\u1161\u11a8", "\u1100", None),
        ("각", "가", None),
        ("हिन्दी", "ह", "िन्दी"),
    ],
)
def test_a_prefix_ends_where_a_letter_does(name: str, prefix: str, rest: str | None) -> None:
    assert after_prefix(name, prefix) == rest
