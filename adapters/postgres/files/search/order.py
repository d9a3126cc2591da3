"""The order of listings, and the place in it where a page begins."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from adapters.postgres.files.search.values import Values
from adapters.postgres.files.search.where import clamp, member
from domain.files.search.fields import MAX_SORTED_CHARACTERS, Column, Field, FieldKind, MetadataPath
from domain.files.search.model import Position, SortKey

_TYPES = {
    FieldKind.ID: "uuid",
    FieldKind.TEXT: "text",
    FieldKind.NUMBER: "bigint",
    FieldKind.TIME: "timestamptz",
    FieldKind.JSON: "jsonb",
}
_ID = Column("id")
_NULLABLE = Column("expires_at")


class _Key(msgspec.Struct, frozen=True):
    """One expression of the order. `value` is where the page begins, as SQL, None for a null."""

    expression: str
    descending: bool
    nullable: bool
    value: str | None

    @property
    def order(self) -> str:
        """How ORDER BY says it. NULLS LAST is not said in vain: an index could not be read backwards then."""
        return f"{self.expression}{' DESC' * self.descending}{' NULLS LAST' * self.nullable}"

    @property
    def equal(self) -> str:
        """Holds for files that are at the place, as far as this key goes."""
        return f"{self.expression} IS NULL" if self.value is None else f"{self.expression} = {self.value}"

    @property
    def beyond(self) -> str:
        """Holds for files that come after the place, by this key alone."""
        if self.value is None:
            return "FALSE"
        comparison = f"{self.expression} {'<' if self.descending else '>'} {self.value}"
        return f"({comparison} OR {self.expression} IS NULL)" if self.nullable else comparison


class Part(NamedTuple):
    """A part of the files in question: conditions for it, and its own order, in the form that an index serves best."""

    conditions: list[str]
    order: str


def order_by(sort: tuple[SortKey, ...], values: Values) -> str:
    """Return the expressions of ORDER BY. Ties are broken by id, in the direction of the last key."""
    return _order(_keys(sort, None, values))


def parts(position: Position | None, sort: tuple[SortKey, ...], values: Values) -> list[Part]:
    """Return the parts which together are the files that come after `position`, where there is one.

    There is one, or two: files whose expiry is the first to sort by, and after them those that have none.
    """
    keys = _keys(sort, position, values)
    first, rest = keys[0], keys[1:]
    if first.expression != _NULLABLE.name or not rest:
        return [Part([] if position is None else [_after(keys)], _order(keys))]
    known = [msgspec.structs.replace(first, nullable=False), *rest]
    is_among_null = position is not None and first.value is None
    null = Part([f"{first.expression} IS NULL", *([_after(rest)] if is_among_null else [])], _order(rest))
    if is_among_null:
        return [null]
    conditions = [f"{first.expression} IS NOT NULL", *([] if position is None else [_after(known)])]
    return [Part(conditions, _order(known)), null]


def after(position: Position, sort: tuple[SortKey, ...], values: Values) -> str:
    """Return a condition for the files that come after `position`."""
    return _after(_keys(sort, position, values))


def _order(keys: Sequence[_Key]) -> str:
    return ", ".join(key.order for key in keys)


def _after(keys: Sequence[_Key]) -> str:
    first = keys[0]
    if not any(key.nullable or key.descending != first.descending for key in keys):
        # An index serves this form best: the scan begins at the position.
        row = ", ".join(key.expression for key in keys)
        place = ", ".join(str(key.value) for key in keys)
        return f"({row}) {'<' if first.descending else '>'} ({place})"
    steps = [" AND ".join([*(key.equal for key in keys[:depth]), key.beyond]) for depth, key in enumerate(keys)]
    expanded = "(" + " OR ".join(f"({step})" for step in steps) + ")"
    if first.nullable:
        return expanded
    return f"{first.expression} {'<=' if first.descending else '>='} {first.value} AND {expanded}"


def _keys(sort: tuple[SortKey, ...], position: Position | None, values: Values) -> list[_Key]:
    places = [None] * len(sort) if position is None else position.values
    keys: dict[Field, _Key] = {}
    for key, place in zip(sort, places, strict=True):
        if key.field not in keys and _ID not in keys:
            keys[key.field] = _key(key, place, values)
    if _ID not in keys:
        id_ = None if position is None else str(position.id)
        keys[_ID] = _key(SortKey(_ID, descending=sort[-1].descending), id_, values)
    return list(keys.values())


def _key(key: SortKey, place: Any, values: Values) -> _Key:
    field = key.field
    expression = field.name if isinstance(field, Column) else _scalar(field, values)
    return _Key(
        expression,
        key.descending,
        nullable=isinstance(field, MetadataPath) or field == _NULLABLE,
        value=None if place is None else values.bind(_bound(field.kind, place), _TYPES[field.kind]),
    )


def _scalar(field: MetadataPath, values: Values) -> str:
    """Return an expression of the member's sort key, as JSON: JSON orders strings, numbers and booleans.

    It orders strings by the database's collation, though; in hexadecimal all agree, and it is by code point.
    """
    found = member(field, values)
    text = f"left({found} #>> '{{}}', {MAX_SORTED_CHARACTERS})"
    return (
        f"CASE jsonb_typeof({found}) "
        f"WHEN 'string' THEN to_jsonb(encode(convert_to({text}, 'UTF8'), 'hex')) "
        f"WHEN 'number' THEN {found} WHEN 'boolean' THEN {found} END"
    )


def _bound(kind: FieldKind, place: Any) -> Any:
    match kind:
        case FieldKind.ID:
            return UUID(place)
        case FieldKind.NUMBER:
            return clamp(place)
        case FieldKind.JSON if isinstance(place, str):
            return place.encode().hex()
        case _:
            return place
