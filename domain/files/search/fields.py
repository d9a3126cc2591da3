"""The fields of a file by which listings filter and sort: its own, and any path into its metadata."""

from datetime import datetime
from enum import Enum
from typing import Any

import msgspec

from domain.files.model import File

MAX_PATH_DEPTH = 8
MAX_SORTED_CHARACTERS = 200

_METADATA = "metadata."


class FieldKind(Enum):
    """How the values of a field compare."""

    ID = "a UUID"
    TEXT = "text"
    NUMBER = "a number"
    TIME = "an RFC 3339 time"
    JSON = "JSON"


class Column(msgspec.Struct, frozen=True):
    """A field of the file itself."""

    name: str

    @property
    def kind(self) -> FieldKind:
        """How its values compare."""
        return COLUMNS[self.name]


class MetadataPath(msgspec.Struct, frozen=True):
    """A member of the file's metadata, by the keys that lead to it."""

    keys: tuple[str, ...]
    kind = FieldKind.JSON


Field = Column | MetadataPath

COLUMNS = {
    "id": FieldKind.ID,
    "bucket": FieldKind.TEXT,
    "name": FieldKind.TEXT,
    "content_type": FieldKind.TEXT,
    "sha256": FieldKind.TEXT,
    "size": FieldKind.NUMBER,
    "revision": FieldKind.NUMBER,
    "created_at": FieldKind.TIME,
    "updated_at": FieldKind.TIME,
    "expires_at": FieldKind.TIME,
}


def find_field(name: str) -> Field | None:
    """Return the field of that name, `metadata.artist.name` for a path into metadata, or None."""
    if name in COLUMNS:
        return Column(name)
    keys = tuple(name.removeprefix(_METADATA).split("."))
    if name.startswith(_METADATA) and all(keys) and len(keys) <= MAX_PATH_DEPTH and "\0" not in name:
        return MetadataPath(keys)
    return None


def sorted_value(file: File, field: Field) -> str | float | bool | datetime | None:
    """Return the value by which a listing sorts `file`; None, which sorts last, where it has none.

    Of metadata only scalars sort, strings by their first 200 characters.
    """
    if isinstance(field, Column):
        value = getattr(file, field.name)
        return str(value) if field.kind is FieldKind.ID else value
    value = metadata_at(file, field)
    if isinstance(value, str):
        return value[:MAX_SORTED_CHARACTERS]
    return value if isinstance(value, int | float) else None


def metadata_at(file: File, field: MetadataPath) -> Any:
    """Return the member of the file's metadata at that path, None where there is none."""
    value: Any = file.metadata
    for key in field.keys:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value
