"""Media types (RFC 9110, section 8.3.1): checked, compared, guessed from names, read for a charset."""

import re
from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta

from domain.values.encodings.labels import find_encoding
from domain.values.errors import InvalidContentTypeError
from domain.values.type_tables.aliases import canonical_type
from domain.values.type_tables.by_name import type_of_name

OCTET_STREAM = "application/octet-stream"
MAX_CONTENT_TYPE_LENGTH = 255

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'
_QUOTED_PAIR = re.compile(r"\\(.)")
_PARAMETER = re.compile(rf"[ \t]*;[ \t]*(?:({_TOKEN})=({_TOKEN}|{_QUOTED}))?")
# RFC 6838, section 4.2: narrower than a token, without the `*` that patterns need.
_TYPE = r"[0-9A-Za-z][0-9A-Za-z!#$&^_.+-]{0,126}"
_ESSENCE = re.compile(rf"{_TYPE}/{_TYPE}")
_PATTERN = rf"(?:{_TYPE}/(?:\*|{_TYPE})|\*/\*)"

# The limits describe the values; `parse_content_type` and `check_type_pattern` keep them.
ContentType = Annotated[
    str,
    Meta(
        extra_json_schema={
            "pattern": rf"^[ \t]*{_TYPE}/{_TYPE}(?:[ \t]*;[ \t]*(?:{_TOKEN}=(?:{_TOKEN}|{_QUOTED}))?)*[ \t]*$",
            "maxLength": MAX_CONTENT_TYPE_LENGTH,
        }
    ),
]
TypePattern = Annotated[str, Meta(extra_json_schema={"pattern": f"^{_PATTERN}$", "maxLength": MAX_CONTENT_TYPE_LENGTH})]

# Senders that know no type declare one of these, as `curl --data-binary` does the one of HTML's forms.
_SAYS_NOTHING = frozenset(
    {
        OCTET_STREAM,
        "application/binary",
        "application/download",
        "application/force-download",
        "application/unknown",
        "application/x-binary",
        "application/x-download",
        "application/x-octet-stream",
        "application/x-unknown",
        "application/x-www-form-urlencoded",
        "binary/octet-stream",
        "unknown/unknown",
    }
)


def parse_content_type(value: str) -> str:
    """Return `value` with its type, subtype and parameter names in lower case and its spacing regular.

    Raises `InvalidContentTypeError` where the grammar is broken or the value exceeds 255 characters.
    """
    value = value.strip(" \t")
    essence = _ESSENCE.match(value)
    if essence is None or len(value) > MAX_CONTENT_TYPE_LENGTH:
        raise InvalidContentTypeError("The content type is not of the form type/subtype; parameter=value.")
    parts = [essence.group().lower()]
    parts += (f"{name}={parameter}" for name, parameter in _parameters(value, essence.end()))
    return "; ".join(parts)


def content_type_of(name: str, given: str | None = None) -> str:
    """Return the content type of an upload: `given`, parsed, or where that says nothing, what `name` says.

    `application/octet-stream` where neither says anything: then the bytes may. Raises `InvalidContentTypeError`.
    """
    if given:
        parsed = parse_content_type(given)
        if parsed.partition(";")[0] not in _SAYS_NOTHING:
            return parsed
    return type_of_name(name) or OCTET_STREAM


def renamed_type(content_type: str, name: str, new_name: str) -> str:
    """Return the content type of a file of that type that gets another name.

    A type that its name said follows the new name, where that says one. Any other stays.
    """
    if content_type != content_type_of(name):
        return content_type
    return type_of_name(new_name) or content_type


def check_type_pattern(pattern: str) -> str:
    """Return `pattern`, `type/subtype`, `type/*` or `*/*`, in lower case, or raise `InvalidContentTypeError`."""
    if len(pattern) > MAX_CONTENT_TYPE_LENGTH or not re.fullmatch(_PATTERN, pattern):
        raise InvalidContentTypeError("A content type pattern is type/subtype, type/* or */*.")
    return pattern.lower()


def matches_type(content_type: str, pattern: str) -> bool:
    """Return whether a parsed content type matches a checked pattern; parameters do not count."""
    essence = content_type.partition(";")[0]
    if pattern == "*/*":
        return True
    if pattern.endswith("/*"):
        return essence.startswith(pattern[:-1])
    return essence == pattern


def is_type_allowed(content_type: str, pattern: str) -> bool:
    """Return whether a parsed content type, by any of its names, matches a checked pattern."""
    canonical = canonical_type(content_type.partition(";")[0])
    return matches_type(content_type, pattern) or matches_type(canonical, canonical_type(pattern))


def is_type_kept_out(content_type: str | None, patterns: Sequence[str] | None) -> bool:
    """Return whether none of the patterns allows the type. An unknown type passes, and so do all without patterns."""
    if content_type is None or patterns is None:
        return False
    return not any(is_type_allowed(content_type, each) for each in patterns)


def encoding_of(content_type: str) -> str | None:
    """Return the encoding that the charset of a parsed content type stands for, UTF-8 where it names none.

    None where there is no such encoding, or it is one that nobody should decode.
    """
    parameters = _parameters(content_type, len(content_type.partition(";")[0]))
    label = next((value for name, value in parameters if name == "charset"), "utf-8")
    if label.startswith('"'):
        label = _QUOTED_PAIR.sub(r"\1", label[1:-1])
    return find_encoding(label)


def _parameters(value: str, start: int) -> list[tuple[str, str]]:
    parameters: list[tuple[str, str]] = []
    while start < len(value):
        match = _PARAMETER.match(value, start)
        if match is None:
            raise InvalidContentTypeError("The content type has a parameter that is not of the form name=value.")
        if match[1] is not None:
            parameters.append((match[1].lower(), match[2]))
        start = match.end()
    return parameters
