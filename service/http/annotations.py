"""Metadata and tags that are written as text: in forms, and in `Upload-Metadata`."""

import msgspec

from domain.files.errors import InvalidMetadataError, InvalidTagsError
from domain.files.metadata import JsonObject


def parse_metadata(text: str) -> JsonObject:
    """Return metadata that is written as JSON. Raises `InvalidMetadataError`."""
    try:
        # As an object: null would pass for metadata that is not there.
        return msgspec.json.decode(text, type=JsonObject)
    except (msgspec.MsgspecError, RecursionError):
        raise InvalidMetadataError("The field metadata is not a JSON object.") from None


def parse_tags(values: list[str]) -> tuple[str, ...]:
    """Return tags, each value a JSON array of them, or some with commas between. Raises `InvalidTagsError`."""
    tags: list[str] = []
    for value in values:
        if value.lstrip().startswith("["):
            try:
                tags += msgspec.json.decode(value, type=list[str])
            except msgspec.MsgspecError:
                raise InvalidTagsError("The field tags begins like a JSON array of strings, but is none.") from None
        else:
            tags += (tag for each in value.split(",") if (tag := each.strip()))
    return tuple(tags)
