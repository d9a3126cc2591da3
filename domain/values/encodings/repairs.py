"""What the standard's encodings of several bytes have, and Python's codecs lack or have otherwise."""

import codecs
from collections.abc import Callable, Mapping

from domain.values.encodings.big5 import MISSING as MISSING_IN_BIG5

# The replacement for the bytes at a position, and how many it replaces; None where they are not text.
_Repair = Callable[[bytes, int], tuple[str, int] | None]

_GB18030_2000 = "".join(
    map(chr, (0xE5E5, *range(0xE78D, 0xE797), 0xE7C7, 0xE81E, 0xE826, 0xE82B, 0xE82C, 0xE832, 0xE843, 0xE854, 0xE864))
)
_GB18030_2005 = "".join(
    map(
        chr,
        (
            *(0x3000, 0xFE10, 0xFE12, 0xFE11, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18, 0xFE19, 0x1E3F),
            *range(0x9FB4, 0x9FBC),
        ),
    )
)
_JIS = dict(
    zip(
        map(chr, (0x301C, 0x2016, 0x2212, 0xA2, 0xA3, 0xAC)),
        map(chr, (0xFF5E, 0x2225, 0xFF0D, 0xFFE0, 0xFFE1, 0xFFE2)),
        strict=True,
    )
)
# Characters of Python's codecs, none of which the encoding itself has, and those that it has instead. None for one
# that stands for bytes that are not text.
REPLACED: Mapping[str, Mapping[str, str | None]] = {
    "gb18030": dict(zip(_GB18030_2000, _GB18030_2005, strict=True)),
    "gbk": dict(zip(_GB18030_2000, _GB18030_2005, strict=True)),
    "euc-jp": _JIS,
    "iso-2022-jp": _JIS,
    "big5": dict(
        zip(
            map(chr, (0x2022, 0xFF64, 0x203E, 0x223C, 0x2641, 0x2609, 0xA5, 0xA2, 0xA3)),
            map(chr, (0x2027, 0xFE51, 0xAF, 0xFF5E, 0x2295, 0x2299, 0xFFE5, 0xFFE0, 0xFFE1)),
            strict=True,
        )
    ),
    "shift_jis": dict.fromkeys(("\uf8f0", "\uf8f1", "\uf8f2", "\uf8f3")),
}


def replaced(text: str, encoding: str) -> str:
    """Return what Python's codec decoded as the standard has it. Raises `UnicodeError`."""
    if text.isascii():
        return text
    for character, own in REPLACED[encoding].items():
        if character in text:
            if own is None:
                raise UnicodeError(f"There is no {character!r} in {encoding}.")
            text = text.replace(character, own)
    return text


def _in_big5(data: bytes, start: int) -> tuple[str, int] | None:
    found = MISSING_IN_BIG5.get(data[start : start + 2])
    return None if found is None else (found, 2)


def _in_gb18030(data: bytes, start: int) -> tuple[str, int] | None:
    return ("\u20ac", 1) if data[start] == 0x80 else None


def _in_euc_jp(data: bytes, start: int) -> tuple[str, int] | None:
    return _in_jis0208(data[start : start + 2], high=0x80)


def _in_iso_2022_jp(data: bytes, start: int) -> tuple[str, int] | None:
    return _in_jis0208(data[start : start + 2], high=0)


def _in_jis0208(pair: bytes, *, high: int) -> tuple[str, int] | None:
    """Return the character at a row and a cell, with the rows of NEC and IBM, which Shift_JIS has in Python too."""
    if len(pair) < 2:
        return None
    row, cell = pair[0] - high - 0x21, pair[1] - high - 0x21
    if not (0 <= row < 94 and 0 <= cell < 94):
        return None
    lead, trail = row // 2, cell + row % 2 * 94
    shifted = bytes([lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)])
    try:
        return shifted.decode("cp932"), 2
    except UnicodeDecodeError:
        return None


def _registered(name: str, repair: _Repair) -> str:
    def handle(error: UnicodeError) -> tuple[str, int]:
        if isinstance(error, UnicodeDecodeError) and (repaired := repair(error.object, error.start)):
            return repaired[0], error.start + repaired[1]
        raise error

    codecs.register_error(name, handle)
    return name


# The codecs, and their handlers of errors.
PYTHON_CODECS: Mapping[str, tuple[str, str]] = {
    "big5": ("big5hkscs", _registered("fileport.big5", _in_big5)),
    "euc-jp": ("euc_jp", _registered("fileport.euc-jp", _in_euc_jp)),
    "euc-kr": ("cp949", "strict"),
    "gb18030": ("gb18030", _registered("fileport.gb18030", _in_gb18030)),
    "gbk": ("gb18030", "fileport.gb18030"),
    "iso-2022-jp": ("iso2022_jp_ext", _registered("fileport.iso-2022-jp", _in_iso_2022_jp)),
    "shift_jis": ("cp932", "strict"),
    "utf-16be": ("utf-16-be", "strict"),
    "utf-16le": ("utf-16-le", "strict"),
}
