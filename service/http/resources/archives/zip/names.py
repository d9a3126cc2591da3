"""Names in an archive: the files' own, but for what would be unsafe or lost where it is extracted."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from domain.archives.model import Member

# Section 4.4.17.1 forbids backslashes, which Windows takes for slashes, and drives, which are a place outside. And
# Windows drops dots and spaces at a segment's end: what it makes of `.. ` may be the directory above.
_UNSAFE = re.compile(r"\\|(?<=^[A-Za-z]):|(?<=/[A-Za-z]):|(?<![^/])[. ]+(?![^/])")


def names_in_archive(members: Sequence[Member]) -> list[str]:
    """Return the name of each file in the archive, no two alike and none a directory of another.

    They begin with the bucket where there is more than one. A name that another has already, or that is a directory of
    another, gets a number: `a (2).txt`. What is not safe on every system becomes a low line. Names that differ in case
    alone stay as they are.
    """
    several = len({member.bucket for member in members}) > 1
    wanted = [_safe(f"{each.bucket}/{each.name}" if several else each.name) for each in members]
    directories = _Directories(wanted)
    taken = set(wanted)
    given: set[str] = set()
    # Where the search for a free number goes on, so that many names alike take no more time than others.
    next_numbers: dict[str, int] = {}
    names = []
    for name in wanted:
        if name in given or directories.has(name):
            number = next_numbers.get(name, 2)
            while (numbered := _numbered(name, number)) in taken or directories.has(numbered):
                number += 1
            next_numbers[name] = number + 1
            taken.add(numbered)
            names.append(numbered)
        else:
            given.add(name)
            names.append(name)
    return names


class _Directories:
    """The directories that these names lie in."""

    def __init__(self, names: Iterable[str]) -> None:
        # No name has a NUL. With one for each slash, what lies in a directory follows its name at once.
        self._sorted = sorted(name.replace("/", "\0") for name in names)

    def has(self, name: str) -> bool:
        start = name.replace("/", "\0") + "\0"
        place = bisect_left(self._sorted, start)
        return place < len(self._sorted) and self._sorted[place].startswith(start)


def _safe(name: str) -> str:
    return _UNSAFE.sub(lambda found: "_" * len(found[0]), name)


def _numbered(name: str, number: int) -> str:
    directory, slash, last = name.rpartition("/")
    stem, dot, extension = last.rpartition(".")
    numbered = f"{stem} ({number}){dot}{extension}" if stem else f"{last} ({number})"
    return f"{directory}{slash}{numbered}"
