"""Texts without the differences that a search overlooks: normal forms and case.

Marks stay with their letters: `é` and `e` differ in every form and case.
"""

import re
import unicodedata

# `İ` folds to `i` with a dot above, which `i` has already: Turkish names are found by people without that letter.
_DOTTED_I = re.compile("i\u0307+")
# Default-ignorable characters, all but the fillers of Hangul: joiners, direction marks, soft hyphens, selectors of
# variants. They are of no width, and few can type them.
_IGNORED = re.compile(
    "[\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]+"
)


def compose(text: str) -> str:
    """Return the canonical composition of `text` (NFC)."""
    return unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """Return `text` with its case folded (Unicode's full case folding), composed.

    Texts that are canonically equivalent, or differ in case alone, fold to the same. Every ASCII character folds to
    one of its own, so the syntax of a pattern stays.
    """
    if text.isascii():
        return text.lower()
    return compose(_fold_case(unicodedata.normalize("NFD", text)))


def fold_widely(text: str) -> str:
    """Return `text` folded, compatible characters alike (NFKC): full-width ones, ligatures, superscripts.

    What has no width is left out.
    """
    if text.isascii():
        return text.lower()
    # Twice, since a compatible form may be a capital again (`㎆` is `MB`).
    for _ in range(2):
        text = _fold_case(unicodedata.normalize("NFKD", _IGNORED.sub("", text)))
    return unicodedata.normalize("NFKC", text)


def _fold_case(decomposed: str) -> str:
    return _DOTTED_I.sub("i", decomposed.casefold())
