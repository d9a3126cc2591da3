"""Decoders of texts (Encoding standard, section 6), on Python's codecs, with what these have otherwise repaired."""

import codecs
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Protocol

from domain.values.encodings.repairs import PYTHON_CODECS, REPLACED, replaced

# A mark decides over the label of the text.
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16be"), (codecs.BOM_UTF16_LE, "utf-16le"))
_LONGEST_MARK = max(len(mark) for mark, _ in _MARKS)
_UTF_32 = "utf-32"

_UNDEFINED = "\ufffe"
# Their upper half, where it differs from the codec of Python: by byte.
_SINGLE_BYTES: Mapping[str, tuple[str, Mapping[int, str]]] = {
    "ibm866": ("cp866", {}),
    **{f"iso-8859-{part}": (f"iso8859-{part}", {}) for part in (*range(2, 9), 10, 13, 14, 15, 16)},
    "iso-8859-8-i": ("iso8859-8", {}),
    "koi8-r": ("koi8-r", {}),
    "koi8-u": ("koi8-u", {0xAE: "\u045e", 0xBE: "\u040e"}),
    "macintosh": ("mac-roman", {}),
    "windows-874": ("cp874", {}),
    **{f"windows-{page}": (f"cp{page}", {}) for page in range(1250, 1259)},
    "windows-1255": ("cp1255", {0xCA: "\u05ba"}),
    "x-mac-cyrillic": ("mac-cyrillic", {}),
    "x-user-defined": ("ascii", {byte: chr(0xF700 + byte) for byte in range(0x80, 0x100)}),
}


class _Decode(Protocol):
    def __call__(self, data: bytes, final: bool, /) -> str: ...


class TextDecoder:
    """Decodes one text, a chunk at a time, and strictly: bytes that are not text raise `UnicodeError`.

    `encoding` is that of the text's byte order mark, which is not part of it; else the one named, as `find_encoding`
    returns it.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._head = b""
        self._decode: _Decode | None = None

    def decode(self, data: bytes, *, final: bool = False) -> str:
        """Return the text of the next bytes, as far as they make whole characters. Raises `UnicodeError`."""
        if self._decode is None:
            self._head += data
            if len(self._head) < _LONGEST_MARK and not final:
                return ""
            data = self._without_mark()
            self._decode = _decoder_of(self.encoding)
        return self._decode(data, final)

    def _without_mark(self) -> bytes:
        # A mark of UTF-32 begins as one of UTF-16; its own decoder looks at it.
        if not self.encoding.startswith(_UTF_32):
            for mark, encoding in _MARKS:
                if self._head.startswith(mark):
                    self.encoding = encoding
                    return self._head.removeprefix(mark)
        return self._head


def _decoder_of(encoding: str) -> _Decode:
    if encoding in _SINGLE_BYTES:
        return partial(_decode_single_bytes, _table_of(encoding))
    codec, errors = PYTHON_CODECS.get(encoding, (encoding, "strict"))
    decode: Callable[[bytes, bool], str] = codecs.getincrementaldecoder(codec)(errors).decode
    if encoding not in REPLACED:
        return decode
    return lambda data, final: replaced(decode(data, final), encoding)


def _decode_single_bytes(table: str, data: bytes, _: bool, /) -> str:
    return codecs.charmap_decode(data, "strict", table)[0]


@cache
def _table_of(encoding: str) -> str:
    codec, others = _SINGLE_BYTES[encoding]
    return "".join(others.get(byte) or _character(byte, codec) for byte in range(0x100))


def _character(byte: int, codec: str) -> str:
    try:
        return bytes([byte]).decode(codec)
    except UnicodeDecodeError:
        # The controls of ISO 6429, where a code page of Windows has nothing else.
        return chr(byte) if byte < 0xA0 else _UNDEFINED
