"""The names that files may have, and the words that find them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.files.errors import InvalidNameError
from domain.files.names import check_file_name, check_path_name, search_words


@pytest.mark.parametrize(
    "name",
    ["a", "photos/2026/Привет мир.jpg", "e\u0301", "🎵/…/x", "...", "a b", "x" * 1024, "é" * 512, "-", "%2e%2e"],
)
def test_a_unicode_path_is_kept_as_given(name: str) -> None:
    assert check_file_name(name) == check_path_name(name) == name


@pytest.mark.parametrize("name", ["/a", "a/", "a//b", "/", ".", "..", "a/../b", "./a"])
def test_a_name_that_is_no_path_comes_only_by_the_s3_protocol(name: str) -> None:
    assert check_file_name(name) == name
    with pytest.raises(InvalidNameError):
        check_path_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a\x00b",
        "a\nb",
        "\x7f",
        "\x85",
        "\ud800",
        "x" * 1025,
        "é" * 513,
    ],
)
def test_a_name_that_breaks_a_rule_is_refused(name: str) -> None:
    for check in (check_file_name, check_path_name):
        with pytest.raises(InvalidNameError):
            check(name)


@given(st.text())
def test_every_text_is_either_kept_or_refused(name: str) -> None:
    try:
        assert check_file_name(name) == name
    except InvalidNameError:
        return
    assert name.encode().decode() == name


def test_words_are_runs_of_letters_and_digits_in_any_case_and_script() -> None:
    assert search_words("Photos/2026_01-Straße ÉTÉ.JPG photos") == ("photos", "2026", "01", "strasse", "été", "jpg")


@given(text=st.text(st.characters(codec="ascii"), max_size=200))
def test_words_in_ascii_are_the_same_beside_other_letters(text: str) -> None:
    assert search_words(f"{text} é") == (*search_words(text), "é")


def test_a_word_without_end_is_cut() -> None:
    assert search_words("x" * 1000) == ("x" * 128,)
