"""The JSON filter of listings as SQL. Every value, and every key of a path, is bound."""

import math
from collections.abc import Iterable
from functools import reduce
from typing import Any, assert_never

from adapters.postgres.files.search.names import compare_name
from adapters.postgres.files.search.values import Values
from domain.files.search.fields import Column, FieldKind, MetadataPath
from domain.files.search.where import AllOf, AnyOf, Comparison, Condition, Not
from domain.values.folding import compose

LARGEST = 2**63 - 1

_ORDER = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
_NAME = Column("name")
_TYPES = {FieldKind.ID: "uuid", FieldKind.TEXT: "text", FieldKind.NUMBER: "bigint", FieldKind.TIME: "timestamptz"}


def compile_where(condition: Condition, values: Values) -> str:
    """Return an SQL condition that is true where `condition` is, and false or null elsewhere."""
    match condition:
        case AllOf(conditions):
            return _join(" AND ", [compile_where(each, values) for each in conditions]) or "TRUE"
        case AnyOf(conditions):
            return _join(" OR ", [compile_where(each, values) for each in conditions]) or "FALSE"
        case Not(inner):
            return f"({compile_where(inner, values)}) IS NOT TRUE"
        case Comparison():
            return _compare(condition, values)
        case _:
            assert_never(condition)


def member(field: MetadataPath, values: Values) -> str:
    """Return an expression for the member of the metadata, null where there is none."""
    return _at("metadata", [values.bind(key, "text") for key in field.keys])


def clamp(number: int) -> int:
    """Return the number nearest to `number` that a column can hold; no file has the extreme ones."""
    return max(-LARGEST, min(number, LARGEST))


def _join(word: str, conditions: list[str]) -> str:
    return word.join(f"({each})" for each in conditions)


def _compare(comparison: Comparison, values: Values) -> str:
    field, operator, value = comparison.field, comparison.operator, comparison.value
    if operator == "ne":
        return f"({_compare(Comparison(field, 'eq', value), values)}) IS NOT TRUE"
    if field == _NAME and (condition := compare_name(operator, value, values)):
        return condition
    if isinstance(field, Column):
        return _compare_column(field, operator, value, values)
    return _compare_member(field, operator, value, values)


def _compare_column(field: Column, operator: str, value: Any, values: Values) -> str:
    name, type_ = field.name, _TYPES[field.kind]
    match operator:
        case "exists":
            return f"{name} IS NOT NULL" if value else f"{name} IS NULL"
        case "eq":
            wanted = _storable(field.kind, [value])
            return f"{name} = {values.bind(wanted[0], type_)}" if wanted else "FALSE"
        case "in":
            return f"{name} = ANY({values.bind(_storable(field.kind, value), f'{type_}[]')})"
        case "like":
            return f"{name} LIKE {values.bind(value, type_)}"
        case "ilike":
            # The collation "C" knows the case of ASCII letters only; the database's own knows more.
            return f'{name} COLLATE "default" ILIKE {values.bind(value, type_)}'
        case _:
            bound = _whole(operator, value) if field.kind is FieldKind.NUMBER else value
            return f"{name} {_ORDER[operator]} {values.bind(bound, type_)}"


def _storable(kind: FieldKind, wanted: Iterable[Any]) -> list[Any]:
    """Return those of the values that a column of that kind can have; it equals none of the others."""
    if kind is not FieldKind.NUMBER:
        return list(wanted)
    return [int(number) for number in wanted if abs(number) <= LARGEST and number == int(number)]


def _whole(operator: str, value: float) -> int:
    """Return the whole number that compares with whole numbers as `value` does."""
    return clamp(math.ceil(value) if operator in {"lt", "gte"} else math.floor(value))


def _compare_member(field: MetadataPath, operator: str, value: Any, values: Values) -> str:
    if operator == "in" and not value:
        return "FALSE"
    keys = [values.bind(key, "text") for key in field.keys]
    found = _at("metadata", keys)
    match operator:
        case "exists":
            return f"{found} IS NOT NULL" if value else f"{found} IS NULL"
        case "eq" | "in":
            wanted = value if operator == "in" else [value]
            return _join(" OR ", [_equals(field, keys, each, values) for each in wanted])
        case "like" | "ilike":
            pattern = values.bind(compose(value), "text")
            return _if_type("string", found, f"normalize({_text(found)}, NFC) {operator} {pattern}")
        case _ if isinstance(value, str):
            compared = f'{_text(found)} COLLATE "C" {_ORDER[operator]} {values.bind(value, "text")}'
            return _if_type("string", found, compared)
        case _:
            return _if_type("number", found, f"{found} {_ORDER[operator]} {values.bind(value, 'jsonb')}")


def _if_type(type_: str, found: str, condition: str) -> str:
    # With AND, the planner would expect next to no file to pass, and read and sort the whole table instead of
    # following the order's index until the page is full.
    return f"CASE jsonb_typeof({found}) WHEN '{type_}' THEN {condition} END"


def _equals(field: MetadataPath, keys: list[str], value: Any, values: Values) -> str:
    # Containment says too little, arrays and objects may hold more, but an index knows it.
    document = reduce(lambda inner, key: {key: inner}, reversed(field.keys), value)
    wanted = values.bind(document, "jsonb")
    return f"metadata @> {wanted} AND {_at('metadata', keys)} = {_at(wanted, keys)}"


def _at(document: str, keys: list[str]) -> str:
    # This finds members of objects only; the path operator `#>` would count into arrays as well.
    return f"({' -> '.join([document, *keys])})"


def _text(found: str) -> str:
    return f"({found} #>> '{{}}')"
