"""Folding: what texts have in common in any normal form and case."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.folding import fold, fold_widely

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("README.md", "readme.md"),
        ("İSTANBUL", "istanbul"),
        ("ISTANBUL", "istanbul"),
        ("ısı", "ısı"),
        ("Straße", "strasse"),
        ("ΟΔΟΣ", "οδοσ"),
        ("RE\u0301SUME\u0301", "résumé"),
        ("ﬁ", "fi"),
        ("ＡＢＣ％", "ａｂｃ％"),
        ("\u1112\u1161\u11ab", "한"),
    ],
)
def test_case_and_normal_form_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "folded"), [("ＡＢＣ㎆", "abcmb"), ("ﾊﾟ", "パ"), ("می\u200cخواهم", "میخواهم"), ("a\u00adb\ufe0f", "ab")]
)
def test_compatible_characters_are_alike_and_what_has_no_width_is_left_out(text: str, folded: str) -> None:
    assert fold_widely(text) == folded


@given(ANY)
def test_a_folded_text_is_composed_and_folds_to_itself(text: str) -> None:
    for function in (fold, fold_widely):
        folded = function(text)
        assert function(folded) == folded
        assert unicodedata.is_normalized("NFC", folded)


@given(ANY)
def test_equivalent_texts_fold_to_the_same(text: str) -> None:
    for function in (fold, fold_widely):
        assert {function(unicodedata.normalize(form, text)) for form in ("NFC", "NFD")} == {function(text)}
