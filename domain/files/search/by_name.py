"""Listings of a bucket by name, in which names with a beginning in common may stand as one entry.

So S3's clients see folders (S3's API Reference, ListObjectsV2, "CommonPrefixes").
"""

import msgspec

from domain.access.scopes import Scope
from domain.files.model import File

# The first of all code points that names do not have: right behind a name, and before all others behind it.
BEHIND = "\u0001"
_BEFORE_SURROGATES, _BEHIND_SURROGATES, _LAST = "\ud7ff", "\ue000", "\U0010ffff"


class NameQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Up to `limit` entries of a bucket behind `after`, in the order of their names, by code point.

    `prefix` is compared exactly. Names that have the `delimiter` behind the prefix are one entry for all that are the
    same up to and with the first one; the empty one joins none. `areas` are those that the caller may list, None for
    the whole bucket.
    """

    bucket: str
    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    areas: tuple[Scope, ...] | None = None
    limit: int

    def common_prefix(self, name: str) -> str | None:
        """Return the name of the entry that a name with the prefix is a part of, None where it is its own."""
        if not self.delimiter:
            return None
        before, delimiter, _ = name[len(self.prefix) :].partition(self.delimiter)
        return f"{self.prefix}{before}{delimiter}" if delimiter else None

    @property
    def first(self) -> str:
        """The least text that a name in the listing may be."""
        if not self.after or self.after < self.prefix:
            return self.prefix
        passed = self.common_prefix(self.after) if self.after.startswith(self.prefix) else None
        # No name has the character that ends it here, if any; else the database could not compare it.
        behind = self.after.partition("\0")[0] + BEHIND
        # Its entry is no later than `after`.
        return behind if passed is None else successor(passed) or behind

    @property
    def end(self) -> str | None:
        """The text before which all names in the listing are; None where there is none."""
        return successor(self.prefix)


class NameEntry(msgspec.Struct, frozen=True):
    """An entry: a file, or, without one, the beginning that some have in common, which ends in the delimiter."""

    name: str
    file: File | None = None


class NamePage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing, and whether there are more entries behind it."""

    entries: list[NameEntry]
    is_truncated: bool


def successor(prefix: str) -> str | None:
    """Return the first text, by code point, behind all that begin with `prefix`; None where there is none.

    Surrogates are not characters: the code point before them is followed by the one behind them.
    """
    stem = prefix.rstrip(_LAST)
    if not stem:
        return None
    last = stem[-1]
    return stem[:-1] + (_BEHIND_SURROGATES if last == _BEFORE_SURROGATES else chr(ord(last) + 1))
