"""Structured fields (RFC 9651), as far as headers here need them: strings, and dictionaries of numbers and bytes."""

import binascii
import re
from base64 import b64decode

_KEY = r"[a-z*][a-z0-9_.*-]*"
_BARE = (
    r"-?[0-9]{1,15}(?:\.[0-9]{1,3})?"
    r'|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"'
    r"|[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*"
    r"|:[0-9A-Za-z+/=]*:"
    r"|\?[01]"
    r"|@-?[0-9]{1,15}"
)
_PARAMETERS = rf"(?:; *{_KEY}(?:=(?:{_BARE}))?)*"
_ITEM = rf"(?:{_BARE}){_PARAMETERS}"
_VALUE = rf"(?P<bare>{_BARE}){_PARAMETERS}|\( *(?:{_ITEM}(?: +{_ITEM})*)? *\){_PARAMETERS}"
_MEMBER = re.compile(rf"(?P<key>{_KEY})(?:=(?:{_VALUE})|{_PARAMETERS})")
_STRING = re.compile(rf'"(?P<characters>(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"{_PARAMETERS}')
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_INTEGER = re.compile(r"-?[0-9]{1,15}")


def parse_string(value: str) -> str | None:
    """Return the string (section 3.3.3) that the field is, whose parameters do not count; None where it is none."""
    string = _STRING.fullmatch(value.strip(" "))
    return None if string is None else re.sub(r"\\(.)", r"\1", string["characters"])


def parse_dictionary(value: str) -> dict[str, int | bytes | None] | None:
    """Return the members of a dictionary: integers, bytes, and None for values of another type.

    None where it is not one. Of members with the same key the last one counts.
    """
    members: dict[str, int | bytes | None] = {}
    value = value.strip(" ")
    place = 0
    while place < len(value):
        if place and (comma := _COMMA.match(value, place)) is None:
            return None
        member = _MEMBER.match(value, comma.end() if place and comma else place)
        if member is None:
            return None
        try:
            members[member["key"]] = _bare_item(member["bare"] or "")
        except binascii.Error:
            return None
        place = member.end()
    return members


def _bare_item(text: str) -> int | bytes | None:
    if text.startswith(":"):
        # Padding may be missing (section 4.2.7).
        encoded = text[1:-1].rstrip("=")
        return b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    return int(text) if _INTEGER.fullmatch(text) else None
