"""The terms of a file that comes by a link, and free names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.buckets.errors import FileTooLargeError, TypeNotAllowedError
from domain.errors import InvalidInputError, PreconditionFailedError
from domain.files.errors import NameTakenError
from domain.files.names import MAX_NAME_BYTES, check_file_name
from domain.files.terms import NO_TERMS, Terms, free_names, under_free_name


def test_what_the_terms_leave_open_is_admitted() -> None:
    NO_TERMS.admit(content_type="text/html", size=10**12)
    terms = Terms(max_file_size=3, allowed_types=("image/*", "text/plain"))
    terms.admit(content_type="image/png", size=3)
    terms.admit(content_type=None, size=None)
    with pytest.raises(FileTooLargeError):
        terms.admit(content_type="text/plain", size=4)
    with pytest.raises(TypeNotAllowedError):
        terms.admit(content_type="text/html", size=1)


def test_names_like_another_have_numbers_before_their_extension() -> None:
    names = list(free_names("a/photo.tar.gz"))
    assert names[:3] == ["a/photo.tar.gz", "a/photo.tar (2).gz", "a/photo.tar (3).gz"]
    assert len(set(names)) == len(names) == 14
    assert list(free_names(".profile"))[1] == ".profile (2)"


@given(st.text(min_size=1, max_size=MAX_NAME_BYTES))
def test_a_name_like_a_sound_one_is_sound_and_lies_in_the_same_folder(wanted: str) -> None:
    try:
        check_file_name(wanted)
    except InvalidInputError:
        return
    for name in free_names(wanted):
        assert check_file_name(name).rpartition("/")[0] == wanted.rpartition("/")[0]


async def test_the_first_free_name_is_taken() -> None:
    taken = {"a.txt", "a (2).txt"}

    async def store(name: str | None) -> str | None:
        if name in taken:
            raise PreconditionFailedError("")
        return name

    assert await under_free_name(NO_TERMS, store) is None
    assert await under_free_name(Terms(wanted_name="a.txt"), store) == "a (3).txt"
    taken |= set(free_names("x" * MAX_NAME_BYTES))
    with pytest.raises(NameTakenError):
        await under_free_name(Terms(wanted_name="x" * MAX_NAME_BYTES), store)
