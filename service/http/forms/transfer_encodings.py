"""`Content-Transfer-Encoding` (RFC 2045, section 6) of a form's parts, decoded as they arrive.

RFC 7578, section 4.7, deprecates it, and Ansible and libraries of e-mail send it.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from litestar.exceptions import HTTPException

from service.http.forms.errors import InvalidFormError

_ESCAPE = re.compile(rb"=([0-9A-Fa-f]{2})?")
# White space that may yet turn out to end a line; more of it is not text.
_MAX_HELD_BYTES = 4096


class Decoder(Protocol):
    """Decodes the content of one part."""

    def decode(self, data: bytes) -> bytes:
        """Return the bytes that are certain after these. Raises `InvalidFormError`."""
        ...

    def finish(self) -> bytes:
        """Return the remaining bytes at the end. Raises `InvalidFormError`."""
        ...


class IdentityDecoder:
    """Content that stands as it is."""

    def decode(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class Base64Decoder:
    """Base64, in lines or not."""

    def __init__(self) -> None:
        self._rest = b""
        self._has_ended = False

    def decode(self, data: bytes) -> bytes:
        text = self._rest + data.translate(None, b"\r\n\t ")
        whole = len(text) - len(text) % 4
        self._rest = text[whole:]
        if text and self._has_ended:
            raise InvalidFormError("A part in Base64 goes on after its padding.")
        self._has_ended = text[:whole].endswith(b"=")
        try:
            return binascii.a2b_base64(text[:whole], strict_mode=True)
        except binascii.Error:
            raise InvalidFormError("A part is declared as Base64, and is none.") from None

    def finish(self) -> bytes:
        if self._rest:
            raise InvalidFormError("A part in Base64 breaks off, or has no padding.")
        return b""


class QuotedPrintableDecoder:
    """Quoted-printable: `=` and two digits in hex; white space at the end of a line is none (section 6.7)."""

    def __init__(self) -> None:
        self._held = b""

    def decode(self, data: bytes) -> bytes:
        *lines, last = (self._held + data).split(b"\n")
        certain = _certain_length(last)
        self._held = last[certain:]
        if len(self._held) > _MAX_HELD_BYTES:
            raise InvalidFormError("A part in quoted-printable has a line of white space.")
        return b"".join([*map(_decode_line, lines), _decode_escapes(last[:certain])])

    def finish(self) -> bytes:
        return _decode_escapes(self._held.rstrip(b" \t\r").removesuffix(b"="))


_DECODERS: Mapping[str, Callable[[], Decoder]] = {
    "": IdentityDecoder,
    "7bit": IdentityDecoder,
    "8bit": IdentityDecoder,
    "binary": IdentityDecoder,
    "base64": Base64Decoder,
    "quoted-printable": QuotedPrintableDecoder,
}


def decoder_of(transfer_encoding: str) -> Decoder:
    """Return a decoder for the value of the header, empty where it is missing. Raises 415 for another encoding."""
    encoding = transfer_encoding.strip().lower()
    if encoding not in _DECODERS:
        raise HTTPException(
            status_code=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            detail="A part's Content-Transfer-Encoding is base64, quoted-printable, 7bit, 8bit or binary.",
        )
    return _DECODERS[encoding]()


def _certain_length(line: bytes) -> int:
    # The next bytes may end the line, or an escape.
    certain = len(line.removesuffix(b"\r").rstrip(b" \t"))
    if line[:certain].endswith(b"="):
        return certain - 1
    return certain - 2 if certain == len(line) and line[-2:-1] == b"=" else certain


def _decode_line(line: bytes) -> bytes:
    content = line.removesuffix(b"\r")
    end = line[len(content) :] + b"\n"
    content = content.rstrip(b" \t")
    if content.endswith(b"="):  # a soft line break
        return _decode_escapes(content[:-1])
    return _decode_escapes(content) + end


def _decode_escapes(text: bytes) -> bytes:
    return _ESCAPE.sub(_byte, text)


def _byte(escape: re.Match[bytes]) -> bytes:
    if escape[1] is None:
        raise InvalidFormError("A part is declared as quoted-printable, and is none.")
    return binascii.unhexlify(escape[1])
