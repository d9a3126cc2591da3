"""Listings of files: their filters, their order, and the positions where pages begin."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.access.scopes import Scope
from domain.files.metadata import JsonObject
from domain.files.model import File
from domain.files.search.errors import InvalidSortError
from domain.files.search.fields import COLUMNS, MAX_PATH_DEPTH, Column, Field, FieldKind, find_field, sorted_value
from domain.files.search.where import Condition
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from domain.values.errors import InvalidCursorError, InvalidTimeError
from domain.values.times import in_utc

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
MAX_SORT_KEYS = 4

# `parse_sort` accepts the texts that match.
_SORT_KEY = rf"-?(?:{'|'.join(COLUMNS)}|metadata(?:\.[^.,\u0000]+){{1,{MAX_PATH_DEPTH}}})"
SORT_PATTERN = rf"^{_SORT_KEY}(?:,{_SORT_KEY}){{0,{MAX_SORT_KEYS - 1}}}$"


class SortKey(msgspec.Struct, frozen=True):
    """A field to sort by. Files without a value come last, in both directions."""

    field: Field
    descending: bool = False


class Position(msgspec.Struct, frozen=True):
    """A position in a sorted listing: right after the file with these sorted values and this id."""

    values: tuple[Any, ...]
    id: UUID


NEWEST_FIRST = (SortKey(Column("created_at"), descending=True),)


class FileQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The files to list: those that pass every filter given. Expired files are never listed.

    `prefix` and `name` compare in either normal form (`after_prefix`, `forms_of`); `words` all begin some word of the
    name (`search_words`);
    `content_type` is a checked pattern; `tags` are all on the file; `metadata` is contained in the file's, as
    JSON containment goes. Sizes are inclusive; times are from `after`, inclusive, to `before`, exclusive.
    Ties in the sort are broken by id, in the direction of the last key. A page begins after `after` and skips
    `offset` files more.
    """

    bucket: str | None = None
    areas: tuple[Scope, ...] | None = None
    prefix: str | None = None
    name: str | None = None
    words: tuple[str, ...] = ()
    content_type: str | None = None
    tags: tuple[str, ...] = ()
    metadata: JsonObject | None = None
    where: Condition | None = None
    min_size: int | None = None
    max_size: int | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    sort: tuple[SortKey, ...] = NEWEST_FIRST
    limit: int = DEFAULT_LIMIT
    offset: int = 0
    after: Position | None = None


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing. `next` is the cursor of the page after it, None on the last."""

    items: list[File]
    next: str | None
    total: int | None


def parse_sort(text: str) -> tuple[SortKey, ...]:
    """Return the sort that `text` stands for: up to four fields with commas between, `-` before one for descending.

    Raises `InvalidSortError` that names the field.
    """
    names = text.split(",")
    if len(names) > MAX_SORT_KEYS:
        raise InvalidSortError(f"A listing sorts by at most {MAX_SORT_KEYS} fields.")
    keys = []
    for name in names:
        field = find_field(name.removeprefix("-"))
        if field is None:
            raise InvalidSortError(f"Unknown sort field {name!r}.")
        keys.append(SortKey(field, descending=name.startswith("-")))
    return tuple(keys)


def encode_cursor(file: File, sort: tuple[SortKey, ...]) -> str:
    """Return the cursor of the position right after `file`: opaque and fit for a URL."""
    return encode_position([_signature(sort), [sorted_value(file, key.field) for key in sort], file.id])


def decode_cursor(cursor: str, sort: tuple[SortKey, ...]) -> Position:
    """Return the position that `cursor` stands for.

    Raises `InvalidCursorError` where it is malformed or was made for another sort.
    """
    signature, values, id_ = decode_position(cursor, tuple[str, list[Any], UUID])
    if signature != _signature(sort):
        raise InvalidCursorError("The cursor belongs to a listing with another sort.")
    try:
        typed = tuple(_typed(key.field, value) for key, value in zip(sort, values, strict=True))
    except (ValueError, InvalidTimeError) as error:
        raise foreign_cursor_error() from error
    return Position(typed, id_)


def _signature(sort: tuple[SortKey, ...]) -> str:
    names = (
        key.field.name if isinstance(key.field, Column) else f"metadata.{'.'.join(key.field.keys)}" for key in sort
    )
    return ",".join(f"-{name}" if key.descending else name for name, key in zip(names, sort, strict=True))


def _typed(field: Field, value: Any) -> Any:
    match field.kind:
        case FieldKind.TIME:
            # Of the file's times, only the expiry may be missing.
            if value is None and field == Column("expires_at"):
                return None
            return in_utc(msgspec.convert(value, datetime))
        case FieldKind.NUMBER:
            return msgspec.convert(value, int)
        case FieldKind.ID:
            return str(msgspec.convert(value, UUID))
        case FieldKind.TEXT:
            return msgspec.convert(value, str)
        case FieldKind.JSON:
            return msgspec.convert(value, str | int | float | bool | None)
