"""Names in an archive: the files' own, except parts that would be unsafe or lost where it is extracted."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from domain.archives.model import Member
from domain.files.names import numbered
from domain.values.folding import fold

# Section 4.4.17.1 forbids backslashes, which Windows takes for slashes, and drives, which lie outside. And Windows
# drops dots and spaces at a segment's end: it may take `.. ` for the directory above. An empty segment makes a path
# absolute where it is the first, and a file a directory where it is the last.
_UNSAFE = re.compile(r"\\|(?<=^[A-Za-z]):|(?<=/[A-Za-z]):|(?<![^/])[. ]*(?![^/])")


# Windows has no files with these characters, and extractors there write a low line.
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')


def names_in_archive(members: Sequence[Member]) -> list[str]:
    """Return the name of each file in the archive, no two alike and none a directory of another.

    They begin with the bucket where there is more than one. A name that another has already, or that is a directory of
    another, gets a number: `a (2).txt`. An unsafe character, or an empty segment, becomes a low line. Names are alike
    that would be one file where case or normal forms do not matter, or on Windows.
    """
    several = len({member.bucket for member in members}) > 1
    wanted = [_safe(f"{each.bucket}/{each.name}" if several else each.name) for each in members]
    keys = list(map(_key, wanted))
    directories = _Directories(keys)
    taken = set(keys)
    given: set[str] = set()
    # Where the search for a free number goes on, so that many names alike take no more time than others.
    next_numbers: dict[str, int] = {}
    names = []
    for name, key in zip(wanted, keys, strict=True):
        if key in given or directories.has(key):
            number = next_numbers.get(key, 2)
            while (other := _key(numbered(name, number))) in taken or directories.has(other):
                number += 1
            next_numbers[key] = number + 1
            taken.add(other)
            names.append(numbered(name, number))
        else:
            given.add(key)
            names.append(name)
    return names


class _Directories:
    """The directories that these names lie in."""

    def __init__(self, names: Iterable[str]) -> None:
        # No name has a NUL. With one for each slash, the names in a directory directly follow its own.
        self._sorted = sorted(name.replace("/", "\0") for name in names)

    def has(self, name: str) -> bool:
        start = name.replace("/", "\0") + "\0"
        index = bisect_left(self._sorted, start)
        return index < len(self._sorted) and self._sorted[index].startswith(start)


def _safe(name: str) -> str:
    return _UNSAFE.sub(lambda found: "_" * max(1, len(found[0])), name)


def _key(name: str) -> str:
    """Return a text that names have in common where they would be the same file somewhere."""
    on_windows = _NOT_ON_WINDOWS.sub("_", fold(name))
    return "/".join(segment.rstrip(". ") for segment in on_windows.split("/"))
