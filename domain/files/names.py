"""Names of files: Unicode paths, kept exactly as given."""

import re

from domain.files.errors import InvalidNameError

MAX_NAME_BYTES = 1024
_MAX_WORD_CHARACTERS = 128

_CONTROL_OR_SURROGATE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WORD = re.compile(r"[^\W_]+")


def check_file_name(name: str) -> str:
    """Return `name` unchanged if a file may have it.

    Raises `InvalidNameError` for an empty name, one over 1,024 bytes of UTF-8, control characters (NUL among
    them), and empty, `.` or `..` segments between slashes.
    """
    if not name:
        raise InvalidNameError("The file name is empty.")
    if _CONTROL_OR_SURROGATE.search(name):
        raise InvalidNameError("The file name holds a control character.")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidNameError(f"The file name is longer than {MAX_NAME_BYTES} bytes of UTF-8.")
    for segment in name.split("/"):
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


def search_words(text: str) -> tuple[str, ...]:
    """Return the distinct words of `text`, case-folded, in order: what the search of names compares.

    A word is a run of letters and digits, of any script, cut at 128 characters.
    """
    words = (word[:_MAX_WORD_CHARACTERS] for word in _WORD.findall(text.casefold()))
    return tuple(dict.fromkeys(words))
