"""How names are looked for: in either normal form, letter by letter.

A name stays as it was given. macOS gives `é` as two code points (NFD), most others as one (NFC): files of both names
may be there, and a search for either finds both.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from domain.values.folding import compose

# Hangul syllables are composed by arithmetic (Unicode, section 3.12).
_HANGUL, _HANGUL_END, _FINALS = 0xAC00, 0xD7A3, 28
_LEADING, _LEADING_END = "\u1100", "\u1112"
_VOWELS = tuple(map(chr, range(0x1161, 0x1176)))
_TRAILING = tuple(map(chr, range(0x11A8, 0x11C3)))
# Where characters have canonical decompositions, but for ideographs and Hangul.
_COMPOSED = (range(0x00C0, 0x3100), range(0x10000, 0x18000), range(0x1D100, 0x1D200))


class Beginning(NamedTuple):
    """A form of a prefix. A name begins so if it has `text` and then none of the characters `joining`.

    These would make another letter of the last one: `cafe` begins neither form of `café`.
    """

    text: str
    joining: tuple[str, ...]


def forms_of(name: str) -> tuple[str, ...]:
    """Return the forms in which `name` is found: as it is, then composed (NFC), then decomposed (NFD)."""
    if name.isascii():
        return (name,)
    return tuple(dict.fromkeys((name, compose(name), unicodedata.normalize("NFD", name))))


def beginnings(prefix: str) -> tuple[Beginning, ...]:
    """Return the forms in which names begin with `prefix`, by code point. No name begins in two of them."""
    joining = _joining(compose(prefix)[-1:])
    return tuple(Beginning(form, joining) for form in sorted(forms_of(prefix)))


def after_prefix(name: str, prefix: str) -> str | None:
    """Return what follows `prefix`, in whatever form, None where the name does not begin so."""
    for text, joining in beginnings(prefix):
        if name.startswith(text) and name[len(text) : len(text) + 1] not in joining:
            return name[len(text) :]
    return None


def _joining(last: str) -> tuple[str, ...]:
    if not last:
        return ()
    if _LEADING <= last <= _LEADING_END:
        return _VOWELS
    if _HANGUL <= ord(last) <= _HANGUL_END:
        return _TRAILING if (ord(last) - _HANGUL) % _FINALS == 0 else ()
    return _joining_marks().get(last, ())


@cache
def _joining_marks() -> Mapping[str, tuple[str, ...]]:
    """Return, for each character that composes with others behind it, these."""
    found: dict[str, list[str]] = {}
    for composed in (chr(code) for block in _COMPOSED for code in block):
        parts = unicodedata.decomposition(composed).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            base, mark = (chr(int(part, 16)) for part in parts)
            if compose(base + mark) == composed:
                found.setdefault(base, []).append(mark)
    return {base: tuple(marks) for base, marks in found.items()}
