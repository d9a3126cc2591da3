"""`Content-Disposition` of a form's parts (RFC 7578, section 4.2), with the names of files as clients write them."""

import binascii
import re
from base64 import b64decode
from urllib.parse import unquote_to_bytes

import msgspec

from domain.values.encodings.decoders import TextDecoder
from domain.values.encodings.labels import find_encoding
from service.http.forms.errors import InvalidFormError

# In a quoted string clients put a backslash before quotes and backslashes (Go, httpx), or before nothing (browsers).
_PARAMETER = re.compile(
    r"""[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"""
    r"""(?:"((?:[^"\\]|\\["\\]|\\(?!["\\]))*)"(?=[ \t]*(?:;|$))|"([^"]*)"|([^;"]*))"""
)
_ESCAPED = re.compile(r'\\(["\\])')
# WHATWG's form encoding knows these three; any other `%` is the name's own.
_PERCENT = {"%22": '"', "%0D": "\r", "%0A": "\n"}
_PERCENT_ENCODED = re.compile("|".join(_PERCENT))
_EXTENDED = re.compile(r"([^']*)'[^']*'((?:%[0-9A-Fa-f]{2}|[^%])*)")
# RFC 2047, section 2. White space between two words is none.
_WORD = r"=\?([!-)+.0-9A-Z^_`a-z{|}~-]+)(?:\*[^?]*)?\?([BbQq])\?([^?]*)\?="
_WORDS = re.compile(rf"{_WORD}(?:[ \t]+(?={_WORD}))?")


class Disposition(msgspec.Struct, frozen=True):
    """The name of a form's part, and that of its file, None for a part that is not a file."""

    name: str
    filename: str | None


def parse_disposition(value: str) -> Disposition:
    """Return the names. `value` has the header's bytes as Latin-1. Raises `InvalidFormError`."""
    parameters = _parameters(value)
    extended = parameters.get("filename*")
    filename = parameters.get("filename")
    if extended is not None:
        filename = _decode_extended(extended)
    elif filename is not None:
        filename = _WORDS.sub(_decode_word, _in_utf8(filename, "The file's name"))
    return Disposition(name=_in_utf8(parameters.get("name", ""), "The name of a part"), filename=filename)


def _parameters(value: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    position = value.find(";")
    while 0 <= position < len(value):
        match = _PARAMETER.match(value, position)
        if match is None:
            if value[position:].strip("; \t"):
                raise InvalidFormError("Content-Disposition of a part is malformed.")
            break
        name, quoted, odd, bare = match.groups()
        raw = bare.strip() if bare is not None else _ESCAPED.sub(r"\1", quoted) if quoted is not None else odd
        if not name.endswith("*"):
            raw = _PERCENT_ENCODED.sub(lambda code: _PERCENT[code[0]], raw)
        if name.lower() in parameters:
            raise InvalidFormError(f"Content-Disposition of a part has {name} twice.")
        parameters[name.lower()] = raw
        position = match.end()
    return parameters


def _in_utf8(text: str, subject: str) -> str:
    try:
        return text.encode("latin-1").decode()
    except UnicodeDecodeError:
        raise InvalidFormError(f"{subject} is not in UTF-8.") from None


def _decode_extended(value: str) -> str:
    # RFC 8187, section 3.2.1: a charset, a language, and bytes in percent-encoding.
    match = _EXTENDED.fullmatch(value)
    if match is None:
        raise InvalidFormError("filename* of a part is not of the form utf-8''name, in percent-encoding.")
    return _decode(unquote_to_bytes(match[2].encode("latin-1")), match[1])


def _decode_word(word: re.Match[str]) -> str:
    charset, encoding, text = word[1], word[2], word[3].encode("latin-1", "replace")
    if encoding in "Bb":
        try:
            return _decode(b64decode(text, validate=True), charset)
        except binascii.Error:
            raise InvalidFormError("The file's name has an encoded word that is not Base64.") from None
    return _decode(binascii.a2b_qp(text, header=True), charset)


def _decode(name: bytes, charset: str) -> str:
    encoding = find_encoding(charset)
    if encoding is None:
        raise InvalidFormError(f"The file's name is in a charset that is not known here: {charset[:40]!r}.")
    try:
        return TextDecoder(encoding).decode(name, final=True)
    except UnicodeError:
        raise InvalidFormError(f"The file's name is not in {charset[:40]}, as it says.") from None
