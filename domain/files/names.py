"""Names of files: Unicode text, kept exactly as given.

Where a file does not come by the S3 protocol, its name has to be a path that no file system would take for another one.
"""

import re
import unicodedata
from typing import Annotated

from msgspec import Meta

from domain.files.errors import InvalidNameError
from domain.values.folding import fold_widely

MAX_NAME_BYTES = 1024
_MAX_WORD_CHARACTERS = 128

# As a set of characters in a regular expression, Python's or ECMAScript's.
CONTROLS = r"\u0000-\u001f\u007f-\u009f"
_CONTROL_OR_SURROGATE = re.compile(rf"[{CONTROLS}\ud800-\udfff]")
_ASCII_RUN = re.compile("[0-9a-z]+")
# Marks without a letter.
_UNATTACHED = re.compile(r"^\W+")
# Not empty, not `.`, not `..`.
_SEGMENT = rf"(?:[^./{CONTROLS}][^/{CONTROLS}]*|\.[^./{CONTROLS}][^/{CONTROLS}]*|\.\.[^/{CONTROLS}]+)"

# The limits describe the values, in ECMAScript's regular expressions; `check_file_name` and its like keep them.
FileName = Annotated[
    str,
    Meta(
        description=(
            f"Text of at most {MAX_NAME_BYTES} bytes of UTF-8, kept exactly as given, without control characters. A "
            "name that came by the S3 protocol may have empty, `.` and `..` segments."
        ),
        extra_json_schema={"pattern": rf"^[^{CONTROLS}]+$", "maxLength": MAX_NAME_BYTES},
    ),
]
PathName = Annotated[
    str,
    Meta(
        description=(
            f"A Unicode path of at most {MAX_NAME_BYTES} bytes of UTF-8, kept exactly as given, without control "
            "characters and without empty, `.` or `..` segments."
        ),
        extra_json_schema={"pattern": rf"^{_SEGMENT}(?:/{_SEGMENT})*$", "maxLength": MAX_NAME_BYTES},
    ),
]
Prefix = Annotated[
    str,
    Meta(
        description="How names begin, in either normal form; the empty prefix begins all of them.",
        extra_json_schema={"pattern": rf"^[^{CONTROLS}]*$", "maxLength": MAX_NAME_BYTES},
    ),
]


def check_file_name(name: str) -> str:
    """Return `name` unchanged if a file may have it.

    Raises `InvalidNameError` for an empty name, one over 1,024 bytes of UTF-8, and control characters, NUL among them.
    These are the keys of S3 (User Guide, "Naming Amazon S3 objects") but for the control characters.
    """
    if not name:
        raise InvalidNameError("The file name is empty.")
    if _CONTROL_OR_SURROGATE.search(name):
        raise InvalidNameError("The file name holds a control character.")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidNameError(f"The file name is longer than {MAX_NAME_BYTES} bytes of UTF-8.")
    return name


def check_path_name(name: str) -> str:
    """Return `name` unchanged if a new file may have it that does not come by the S3 protocol.

    Raises `InvalidNameError` where `check_file_name` does, and for empty, `.` or `..` segments between slashes.
    """
    for segment in check_file_name(name).split("/"):
        if not segment:
            raise InvalidNameError("The file name has an empty segment: a slash at an end, or two in a row.")
        if segment in {".", ".."}:
            raise InvalidNameError(f"The file name has the segment {segment!r}.")
    return name


def check_prefix(prefix: str) -> str:
    """Return `prefix` if names may begin with it; the empty one begins all of them. Raises `InvalidNameError`."""
    if _CONTROL_OR_SURROGATE.search(prefix):
        raise InvalidNameError("The prefix holds a control character.")
    if len(prefix.encode()) > MAX_NAME_BYTES:
        raise InvalidNameError(f"The prefix is longer than {MAX_NAME_BYTES} bytes of UTF-8.")
    return prefix


def may_be_in_names(text: str) -> bool:
    """Return whether a name can hold `text`."""
    return _CONTROL_OR_SURROGATE.search(text) is None


def search_words(text: str) -> tuple[str, ...]:
    """Return the distinct words of `text`, folded, in order. The search of names compares them.

    A word is a run of letters and digits with their marks, of any script, cut at 128 characters.
    """
    folded = fold_widely(text)
    if folded.isascii():
        # As most names are; in less than half of the time.
        return tuple(dict.fromkeys(run[:_MAX_WORD_CHARACTERS] for run in _ASCII_RUN.findall(folded)))
    runs = "".join(each if _is_in_word(each) else " " for each in folded).split()
    words = (_UNATTACHED.sub("", run)[:_MAX_WORD_CHARACTERS] for run in runs)
    return tuple(dict.fromkeys(filter(None, words)))


def _is_in_word(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character).startswith("M")


def numbered(name: str, number: int) -> str:
    """Return a name like another one, with a number before its extension: `photo (2).jpg`."""
    directory, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    with_number = f"{stem} ({number}){dot}{extension}" if stem else f"{last} ({number})"
    return f"{directory}{slash}{with_number}"
