r"""The JSON filter of listings: `{"metadata.artist": {"ilike": "%queen%"}, "size": {"gte": 1024}}`.

Every condition is either true or false for a file. A field that is missing equals nothing, is in no list, is
neither above nor below anything and is like nothing; `ne` and `not` are plain negations. Numbers compare with
numbers, strings with strings by code point. `like` and `ilike` take `%`, `_` and the escape `\`, and match
strings only. Names equal, are in and are like either normal form, and `ilike` folds their case as `fold` does.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from domain.files.errors import InvalidMetadataError
from domain.files.metadata import check_json
from domain.files.search.errors import InvalidFilterError
from domain.files.search.fields import Field, FieldKind, find_field
from domain.values.errors import InvalidTimeError
from domain.values.times import in_utc

MAX_DEPTH = 8
MAX_CONDITIONS = 64
MAX_LIST = 100

_ORDER = ("lt", "lte", "gt", "gte")
_PATTERN = ("like", "ilike")
_OPERATORS = ("eq", "ne", "in", *_ORDER, *_PATTERN, "exists")


class Comparison(msgspec.Struct, frozen=True):
    """One operator on one field. `value` has the field's type, as `parse_where` gives it."""

    field: Field
    operator: str
    value: Any


class AllOf(msgspec.Struct, frozen=True):
    """True where every condition is true; always true without conditions."""

    conditions: tuple["Condition", ...]


class AnyOf(msgspec.Struct, frozen=True):
    """True where at least one condition is true; never true without conditions."""

    conditions: tuple["Condition", ...]


class Not(msgspec.Struct, frozen=True):
    """True where the condition is false."""

    condition: "Condition"


Condition = Comparison | AllOf | AnyOf | Not


def parse_where(filter_: object) -> Condition:
    """Return the condition that a decoded JSON filter stands for.

    Values of comparisons come out typed: `UUID` for ids, `str` for text, `int` or `float` for numbers, an aware
    `datetime` in UTC for times, any JSON for metadata; a tuple of these for `in`, a `bool` for `exists`.
    Raises `InvalidFilterError`, which names the comparison, for a filter that is not understood, with over 8 levels of
    `and`, `or` and `not`, over 64 conditions in all, or over 100 values in a list.
    """
    return _Parser().parse(filter_, depth=1)


class _Parser:
    def __init__(self) -> None:
        self._conditions = 0

    def parse(self, filter_: object, depth: int) -> Condition:
        if depth > MAX_DEPTH:
            raise InvalidFilterError(f"The filter is nested deeper than {MAX_DEPTH} levels.")
        if not isinstance(filter_, dict):
            raise InvalidFilterError("A filter is a JSON object of fields and operators.")
        conditions: list[Condition] = []
        for key, value in filter_.items():
            match key:
                case "and":
                    conditions.append(AllOf(self._parse_list(key, value, depth)))
                case "or":
                    conditions.append(AnyOf(self._parse_list(key, value, depth)))
                case "not":
                    conditions.append(Not(self.parse(value, depth + 1)))
                case _:
                    conditions += self._parse_field(key, value)
        return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))

    def _parse_list(self, key: str, value: object, depth: int) -> tuple[Condition, ...]:
        if not isinstance(value, list):
            raise InvalidFilterError(f"{key!r} takes a list of filters.")
        self._count(len(value))
        return tuple(self.parse(each, depth + 1) for each in value)

    def _parse_field(self, name: str, operators: object) -> list[Comparison]:
        field = find_field(name)
        if field is None:
            raise InvalidFilterError(f"Unknown field {name!r}.")
        if not isinstance(operators, dict) or not operators:
            raise InvalidFilterError(f'{name!r} takes an object of operators, such as {{"eq": "value"}}.')
        self._count(len(operators))
        return [
            Comparison(field, operator, _operand(name, field.kind, operator, value))
            for operator, value in operators.items()
        ]

    def _count(self, added: int) -> None:
        self._conditions += added
        if self._conditions > MAX_CONDITIONS:
            raise InvalidFilterError(f"The filter has more than {MAX_CONDITIONS} conditions.")


def _operand(name: str, kind: FieldKind, operator: str, value: object) -> Any:
    label = f"{name!r} {operator}"
    if operator not in _OPERATORS:
        raise InvalidFilterError(f"Unknown operator {operator!r}; there are: {', '.join(_OPERATORS)}.")
    if operator == "exists":
        if not isinstance(value, bool):
            raise InvalidFilterError(f"{label} takes true or false.")
        return value
    if operator == "in":
        if not isinstance(value, list) or len(value) > MAX_LIST:
            raise InvalidFilterError(f"{label} takes a list of at most {MAX_LIST} values.")
        return tuple(_typed(label, kind, each) for each in value)
    if operator in _PATTERN:
        return _pattern(label, kind, value)
    if (
        operator in _ORDER
        and kind is FieldKind.JSON
        and (isinstance(value, bool) or not isinstance(value, str | int | float))
    ):
        raise InvalidFilterError(f"{label} takes a number or a string.")
    if operator in _ORDER and kind is FieldKind.ID:
        raise InvalidFilterError(f"{name!r} has no order; it takes eq, ne, in and exists.")
    return _typed(label, kind, value)


def _pattern(label: str, kind: FieldKind, value: object) -> str:
    if kind not in {FieldKind.TEXT, FieldKind.JSON} or not isinstance(value, str):
        raise InvalidFilterError(f"{label}: patterns are strings, and match text fields and metadata only.")
    check_filter_json(label, value)
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise InvalidFilterError(f"{label}: the pattern ends in a lone escape character.")
    return value


def _typed(label: str, kind: FieldKind, value: object) -> Any:
    check_filter_json(label, value)
    try:
        match kind, value:
            case FieldKind.JSON, _:
                return value
            case FieldKind.TEXT, str():
                return value
            case FieldKind.NUMBER, int() | float() if not isinstance(value, bool):
                return value
            case FieldKind.TIME, str():
                return in_utc(msgspec.convert(value, datetime))
            case FieldKind.ID, str():
                return UUID(value)
    except (ValueError, InvalidTimeError):
        pass  # raised below, as for a value of the wrong JSON type
    raise InvalidFilterError(f"{label} takes {kind.value}.")


def has_placeholder(pattern: str) -> bool:
    """Tell whether a pattern counts characters: by a `_` that is not escaped."""
    return "_" in re.sub(r"\\.", "", pattern, flags=re.DOTALL)


def check_filter_json(label: str, value: object) -> None:
    """Raise `InvalidFilterError` where a value cannot be compared with anything that is stored."""
    try:
        check_json(value)
    except InvalidMetadataError as error:
        raise InvalidFilterError(f"{label}: {error.detail}") from error
