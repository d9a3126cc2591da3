"""User metadata: `x-amz-meta-k: v` is the member `k` of a file's JSON metadata.

Values beyond ASCII come in UTF-8 or as encoded words (RFC 2047), and go out as these (User Guide, "User-defined object
metadata"). Members that are no text, or that no header can carry, are counted in `x-amz-missing-meta`.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header

from domain.files.metadata import JsonObject
from service.s3.errors import S3Error

PREFIX = "x-amz-meta-"
# In bytes of UTF-8, names and values together.
MAX_BYTES = 2048

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# What a reader would not take for something else: an encoded word, or space around it that is cut off.
_PLAIN = re.compile(r"(?! )(?!.*=\?)[\x20-\x7e]*(?<! )")
# RFC 2047, section 2: a word has at most 75 characters.
_BYTES_IN_WORD = 45


def parse_user_metadata(fields: Mapping[str, str]) -> JsonObject:
    """Return the metadata in header fields, whose values were read as Latin-1. Raises `S3Error`."""
    metadata = {name.removeprefix(PREFIX): _decoded(value) for name, value in fields.items() if name.startswith(PREFIX)}
    if sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items()) > MAX_BYTES:
        raise S3Error(
            "MetadataTooLarge",
            "Your metadata headers exceed the maximum allowed metadata size",
            {"MaxSizeAllowed": MAX_BYTES},
        )
    if any(_CONTROLS.search(value) for value in metadata.values()):
        raise S3Error("InvalidArgument", "A value of the user metadata has a control character.")
    return dict(metadata)


def user_metadata_fields(metadata: JsonObject) -> dict[str, str]:
    """Return the header fields of a file's metadata, of up to 2 KB, and the number of those that are missing."""
    fields: dict[str, str] = {}
    missing, room = 0, MAX_BYTES
    for name, value in metadata.items():
        size = len(name.encode()) + (len(value.encode()) if isinstance(value, str) else 0)
        if isinstance(value, str) and _NAME.fullmatch(name) and not _CONTROLS.search(value) and size <= room:
            fields[PREFIX + name] = _encoded(value)
            room -= size
        else:
            missing += 1
    if missing:
        fields["x-amz-missing-meta"] = str(missing)
    return fields


def _decoded(value: str) -> str:
    try:
        text = value.encode("latin-1").decode()
    except UnicodeError:
        text = value
    if "=?" not in text:
        return text
    try:
        decoded = "".join(
            part if isinstance(part, str) else part.decode(charset or "latin-1")
            for part, charset in decode_header(text)
        )
        decoded.encode()  # some charsets, such as UTF-7, bring lone surrogates
    except (HeaderParseError, LookupError, ValueError):
        return text
    return decoded


def _encoded(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    words, word = [], b""
    for character in value:
        if len(word) + len(encoded := character.encode()) > _BYTES_IN_WORD:
            words.append(word)
            word = b""
        word += encoded
    return " ".join(f"=?UTF-8?B?{b64encode(each).decode()}?=" for each in (*words, word))
