"""Labels: pairs of a key and a value on a file or a bucket. S3 calls them tags."""

import unicodedata
from collections.abc import Mapping

from domain.values.errors import InvalidLabelsError

MAX_KEY_CHARACTERS = 128
MAX_VALUE_CHARACTERS = 256

_RESERVED = "aws:"
_SIGNS = " +-=._:/@"


def check_labels(labels: Mapping[str, str], most: int) -> dict[str, str]:
    """Return up to `most` labels as they are. Raises `InvalidLabelsError`.

    Keys have 1 to 128 characters, values up to 256: letters, digits, spaces and `+-=._:/@` of any script. A key that
    begins with `aws:` is AWS's own (S3 User Guide, "Categorizing your objects using tags").
    """
    if len(labels) > most:
        raise InvalidLabelsError(f"There are at most {most} tags.")
    for key, value in labels.items():
        if not 1 <= len(key) <= MAX_KEY_CHARACTERS or not _is_plain(key):
            raise InvalidLabelsError("The TagKey you have provided is invalid.")
        if key.lower().startswith(_RESERVED):
            raise InvalidLabelsError("A key that begins with aws: is reserved.")
        if len(value) > MAX_VALUE_CHARACTERS or not _is_plain(value):
            raise InvalidLabelsError("The TagValue you have provided is invalid.")
    return dict(labels)


def _is_plain(text: str) -> bool:
    return all(each.isalnum() or each in _SIGNS or unicodedata.category(each)[0] in "MZ" for each in text)
