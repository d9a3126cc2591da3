"""JSON metadata and tags, which callers attach to files."""

import math
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from domain.files.errors import InvalidMetadataError, InvalidTagsError
from domain.files.names import CONTROLS

JsonObject = dict[str, Any]

MAX_METADATA_BYTES = 64 * 1024
MAX_METADATA_DEPTH = 32
MAX_TAGS = 64
MAX_TAG_CHARACTERS = 128

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_UNFIT_FOR_TAG = re.compile(rf"[{CONTROLS}\ud800-\udfff,]")

# The limits describe the values, in ECMAScript's regular expressions; `check_metadata` and `check_tags` keep them.
METADATA = Meta(
    description=(
        f"Any JSON object, up to {MAX_METADATA_BYTES} bytes of compact JSON and {MAX_METADATA_DEPTH} levels, without "
        "NUL characters."
    )
)
Metadata = Annotated[JsonObject, METADATA]
Tag = Annotated[
    str,
    Meta(
        extra_json_schema={
            "pattern": rf"^[^\s,{CONTROLS}](?:[^,{CONTROLS}]*[^\s,{CONTROLS}])?$",
            "maxLength": MAX_TAG_CHARACTERS,
        }
    ),
]
Tags = Annotated[
    tuple[Tag, ...], Meta(description="Distinct tags, in their order.", extra_json_schema={"maxItems": MAX_TAGS})
]


def check_metadata(metadata: object) -> JsonObject:
    """Return `metadata` if a file may carry it.

    Raises `InvalidMetadataError` where it is not an object, exceeds 64 KiB as compact JSON or 32 levels, or
    holds a NUL character, half a surrogate pair or a number that JSON cannot carry.
    """
    if not isinstance(metadata, dict):
        raise InvalidMetadataError("Metadata is a JSON object.")
    check_json(metadata)
    # Stores may write numbers out: 1e300 counts with all its digits.
    spelled_out = sum(len(f"{Decimal(repr(number)):f}") for number in _floats(metadata))
    if len(msgspec.json.encode(metadata)) + spelled_out > MAX_METADATA_BYTES:
        raise InvalidMetadataError(f"Metadata is larger than {MAX_METADATA_BYTES} bytes of JSON.")
    return metadata


def merge_patch(target: object, patch: object) -> Any:
    """Return `target` with `patch` applied as RFC 7396, section 2, says; neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def check_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the distinct `tags` in their order.

    Raises `InvalidTagsError` over 64 tags, equal ones counted, and for a tag that is empty, over 128 characters, begins
    or ends with a space, or holds a comma or a control character.
    """
    given = tuple(tags)
    if len(given) > MAX_TAGS:
        raise InvalidTagsError(f"A file has at most {MAX_TAGS} tags.")
    distinct = tuple(dict.fromkeys(given))
    for tag in distinct:
        if not tag or len(tag) > MAX_TAG_CHARACTERS or tag != tag.strip():
            raise InvalidTagsError(f"A tag has 1 to {MAX_TAG_CHARACTERS} characters and no space around it.")
        if _UNFIT_FOR_TAG.search(tag):
            raise InvalidTagsError("A tag holds no comma and no control character.")
    return distinct


def check_json(value: object, depth: int = 1) -> None:
    """Raise `InvalidMetadataError` where a decoded JSON value is nested too deep or cannot be kept by every store."""
    if depth > MAX_METADATA_DEPTH:
        raise InvalidMetadataError(f"Metadata is nested deeper than {MAX_METADATA_DEPTH} levels.")
    match value:
        case dict():
            for key, member in value.items():
                _check_text(key)
                check_json(member, depth + 1)
        case list():
            for member in value:
                check_json(member, depth + 1)
        case str():
            _check_text(value)
        case float() if not math.isfinite(value):
            raise InvalidMetadataError("Metadata holds a number that is too large.")
        case _:
            return


def _floats(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _floats(member)


def _check_text(text: str) -> None:
    if _UNSTORABLE.search(text):
        raise InvalidMetadataError("Metadata holds a NUL character or half a surrogate pair.")
