"""The schemas of `where`, from the fields that files have and how they compare."""

from typing import Any

from domain.files.search.fields import COLUMNS, MAX_PATH_DEPTH, FieldKind
from domain.files.search.where import MAX_CONDITIONS, MAX_DEPTH, MAX_LIST
from service.http.queries import STORABLE

_TEXT = {"type": "string", **STORABLE}
_PATTERN = {"type": "string", "pattern": r"^(?:[^\\\u0000]|\\[^\u0000])*$"}
_METADATA_FIELD = rf"^metadata(?:\.[^.\u0000]+){{1,{MAX_PATH_DEPTH}}}$"
_VALUES: dict[FieldKind, dict[str, Any]] = {
    FieldKind.ID: {"type": "string", "format": "uuid"},
    FieldKind.TEXT: _TEXT,
    FieldKind.NUMBER: {"type": "number"},
    FieldKind.TIME: {"type": "string", "format": "date-time"},
    FieldKind.JSON: {},
}
_ORDERED = _VALUES | {FieldKind.JSON: {"anyOf": [{"type": "number"}, _TEXT]}}


def where_schemas() -> dict[str, dict[str, Any]]:
    """Return the schemas of a filter and of the operators on each kind of field."""
    filters = {"type": "array", "items": reference("Where")}
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
            "not": reference("Where"),
            **{name: reference(_name(kind)) for name, kind in COLUMNS.items()},
        },
        "patternProperties": {_METADATA_FIELD: reference(_name(FieldKind.JSON))},
        "additionalProperties": False,
    }
    return {"Where": where, **{_name(kind): _operators(kind) for kind in FieldKind}}


def reference(name: str) -> dict[str, str]:
    """Return the reference to one of the schemas."""
    return {"$ref": f"#/components/schemas/{name}"}


def _operators(kind: FieldKind) -> dict[str, Any]:
    value = _VALUES[kind]
    operators: dict[str, Any] = {
        "eq": value,
        "ne": value,
        "in": {"type": "array", "items": value, "maxItems": MAX_LIST},
        "exists": {"type": "boolean"},
    }
    if kind is not FieldKind.ID:
        operators |= dict.fromkeys(("lt", "lte", "gt", "gte"), _ORDERED[kind])
    if kind in {FieldKind.TEXT, FieldKind.JSON}:
        operators |= dict.fromkeys(("like", "ilike"), _PATTERN)
    return {
        "title": _name(kind),
        "type": "object",
        "description": f"Operators on {kind.value}; all of them must hold.",
        "properties": operators,
        "minProperties": 1,
        "additionalProperties": False,
    }


def _name(kind: FieldKind) -> str:
    return f"Where{kind.name.title()}"
