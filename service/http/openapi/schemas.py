"""The schemas of types, from their annotations, and references to them."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from service.http.openapi.operation import Header

Schema = Mapping[str, Any]

_TEMPLATE = "#/components/schemas/{name}"


def reference(kind: type) -> dict[str, str]:
    """Return the reference to a type's schema."""
    return {"$ref": _TEMPLATE.format(name=kind.__name__)}


def header_references(headers: Iterable[Header]) -> dict[str, dict[str, str]]:
    """Return the references to a response's headers, by their names."""
    return {header.name: {"$ref": f"#/components/headers/{header.name}"} for header in headers}


def schema_of(annotation: Any) -> dict[str, Any]:
    """Return the schema of a type that refers to no other, without its description."""
    schema = msgspec.json.schema(annotation, schema_hook=_any_json)
    return {key: value for key, value in schema.items() if key != "description"}


def component_schemas(*, asked: Iterable[type], answered: Iterable[type]) -> dict[str, dict[str, Any]]:
    """Return the schemas of types that requests and responses have, and of all that those refer to."""
    return {name: _complete(each) for name, each in _components(answered).items()} | _components(asked)


def _components(kinds: Iterable[type]) -> dict[str, dict[str, Any]]:
    # Sorted, so that the document is the same after every start.
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template=_TEMPLATE, schema_hook=_any_json)
    return {
        name: {**each, "properties": {field: _without_union(schema) for field, schema in each["properties"].items()}}
        for name, each in components.items()
    }


def _complete(component: Schema) -> dict[str, Any]:
    """Return the schema of responses, which have every field that has a default."""
    needed, properties = component.get("required", ()), component["properties"]
    return {
        **component,
        "required": [name for name, each in properties.items() if name in needed or "default" in each],
        "properties": {
            name: {key: value for key, value in each.items() if key != "default"} for name, each in properties.items()
        },
    }


def _without_union(schema: Schema) -> Schema:
    match schema.get("anyOf"):
        case [{"type": str(kind)} as only, {"type": "null"}]:
            return {**only, "type": [kind, "null"], **{key: schema[key] for key in schema.keys() - {"anyOf"}}}
        case _:
            return schema


def _any_json(_: type) -> dict[str, Any]:
    return {"description": "Any JSON."}
