"""The schema of `where`, from the fields there are and how they compare."""

from typing import Any

from domain.files.search.fields import COLUMNS, Kind
from domain.files.search.where import MAX_CONDITIONS, MAX_DEPTH, MAX_LIST
from service.http.openapi import patterns

_TEXT = {"type": "string", "pattern": patterns.STORABLE}
_PATTERN = {"type": "string", "pattern": patterns.LIKE}
_VALUES: dict[Kind, dict[str, Any]] = {
    Kind.ID: {"type": "string", "format": "uuid"},
    Kind.TEXT: _TEXT,
    Kind.NUMBER: {"type": "number"},
    Kind.TIME: {"type": "string", "format": "date-time"},
    Kind.JSON: {},
}
_ORDERED = {kind: value for kind, value in _VALUES.items() if kind is not Kind.ID} | {
    Kind.JSON: {"anyOf": [{"type": "number"}, _TEXT]}
}
_NAMES = {kind: f"Where{kind.name.title()}" for kind in Kind}


def where_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of a filter and of the operators on each kind of field."""
    filters = {"type": "array", "items": _reference("Where")}
    where = {
        "title": "Where",
        "type": "object",
        "description": (
            "A filter: fields with operators, and `and`, `or`, `not` over filters. Every member must hold. A field "
            "that is missing equals nothing and is in no list; `ne` and `not` are plain negations. At most "
            f"{MAX_DEPTH} levels and {MAX_CONDITIONS} conditions."
        ),
        "properties": {
            "and": filters,
            "or": filters,
            "not": _reference("Where"),
            **{name: _reference(_NAMES[kind]) for name, kind in COLUMNS.items()},
        },
        "patternProperties": {patterns.METADATA_FIELD: _reference(_NAMES[Kind.JSON])},
        "additionalProperties": False,
    }
    return {"Where": where} | {_NAMES[kind]: _operators(kind) for kind in Kind}


def _operators(kind: Kind) -> dict[str, Any]:
    value = _VALUES[kind]
    operators: dict[str, Any] = {
        "eq": value,
        "ne": value,
        "in": {"type": "array", "items": value, "maxItems": MAX_LIST},
        "exists": {"type": "boolean"},
    }
    if kind in _ORDERED:
        operators |= dict.fromkeys(("lt", "lte", "gt", "gte"), _ORDERED[kind])
    if kind in {Kind.TEXT, Kind.JSON}:
        operators |= dict.fromkeys(("like", "ilike"), _PATTERN)
    return {
        "title": _NAMES[kind],
        "type": "object",
        "description": f"Operators on {kind.value}; all of them must hold.",
        "properties": operators,
        "minProperties": 1,
        "additionalProperties": False,
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
