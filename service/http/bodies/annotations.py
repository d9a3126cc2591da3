"""Metadata and tags that are written as text: in forms, and in `Upload-Metadata`."""

import re
from collections.abc import Iterable

import msgspec

from domain.files.errors import InvalidMetadataError, InvalidTagsError
from domain.files.metadata import MAX_TAGS, JsonObject

# Skipped before JSON (RFC 8259, section 8.1).
BYTE_ORDER_MARK = "\ufeff"

_BETWEEN_COMMAS = re.compile("[^,]+")


def parse_metadata(text: str) -> JsonObject:
    """Return metadata that is written as JSON. Raises `InvalidMetadataError`."""
    try:
        # As an object: null would pass for metadata that is not there.
        return msgspec.json.decode(text.removeprefix(BYTE_ORDER_MARK), type=JsonObject)
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidMetadataError("The field metadata is not a JSON object.") from None


def parse_tags(text: str, before: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Return the tags `before`, and those in `text`, which is a JSON array of them, or some with commas between.

    Raises `InvalidTagsError`, also for more tags than a file may have: no more are kept than those.
    """
    tags = list(before)
    for tag in _split_tags(text):
        if len(tags) == MAX_TAGS:
            raise InvalidTagsError(f"A file has at most {MAX_TAGS} tags.")
        tags.append(tag)
    return tuple(tags)


def _split_tags(text: str) -> Iterable[str]:
    text = text.removeprefix(BYTE_ORDER_MARK)
    if not text.lstrip().startswith("["):
        return (tag for each in _BETWEEN_COMMAS.finditer(text) if (tag := each[0].strip()))
    try:
        return msgspec.json.decode(text, type=list[str])
    except msgspec.MsgspecError:
        raise InvalidTagsError("The field tags begins like a JSON array of strings, but is none.") from None
