"""Parameters of paths and queries, which a handler's signature describes whole."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Union, get_args

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Example
from litestar.params import PathParameter, QueryParameter
from litestar.types import Empty
from litestar.typing import FieldDefinition

from service.http.openapi.operation import JSON
from service.http.openapi.schemas import schema_of

# As keywords of JSON Schema.
_JSON_SCHEMA = "contentSchema"


def path(description: str, example: object, schema: Mapping[str, Any] | None = None) -> PathParameter:
    """Return the description of a parameter of the path. `schema` adds to that of its type."""
    return PathParameter(description=description, examples=[Example(value=example)], schema_extra=dict(schema or {}))


def query(
    description: str,
    example: object,
    schema: Mapping[str, Any] | None = None,
    *,
    ge: int | None = None,
    le: int | None = None,
) -> QueryParameter:
    """Return the description of a parameter of the query, and its limits. `schema` adds to that of its type."""
    examples = [Example(value=example)]
    return QueryParameter(description=description, examples=examples, schema_extra=dict(schema or {}), ge=ge, le=le)


def json_query(description: str, example: object, schema: Mapping[str, Any]) -> QueryParameter:
    """Return the description of a parameter of the query that holds JSON as `schema` describes it."""
    return query(description, example, {_JSON_SCHEMA: schema})


def next_cursor(example: str | None) -> QueryParameter:
    """Return the description of a listing's cursor."""
    return query("The page after another: that one's `next`.", example)


def parameters_of(handler: HTTPRouteHandler) -> list[dict[str, Any]]:
    """Return the parameters of the handler's path, then of its query."""
    fields = handler.parsed_fn_signature.parameters.values()
    return [
        *(_parameter("path", each) for each in fields if isinstance(each.kwarg_definition, PathParameter)),
        *(_parameter("query", each) for each in fields if isinstance(each.kwarg_definition, QueryParameter)),
    ]


def _parameter(location: str, field: FieldDefinition) -> dict[str, Any]:
    described = field.kwarg_definition
    if not isinstance(described, PathParameter | QueryParameter) or not described.examples:
        raise LookupError(f"The parameter {field.name} is not described.")
    parameter: dict[str, Any] = {"name": field.name, "in": location, "description": described.description}
    if field.is_required:
        parameter["required"] = True
    schema, example = described.schema_extra or {}, described.examples[0].value
    if _JSON_SCHEMA in schema:
        return {**parameter, "content": {JSON: {"schema": schema[_JSON_SCHEMA], "example": example}}}
    limits = {"minimum": described.ge, "maximum": described.le}
    if field.default not in {None, Empty}:
        limits["default"] = field.default
    given = {key: value for key, value in limits.items() if value is not None}
    return {**parameter, "schema": {**_type_schema(field), **given, **schema}, "example": example}


def _type_schema(field: FieldDefinition) -> dict[str, Any]:
    given = tuple(kind for kind in get_args(field.annotation) if kind is not NoneType) if field.is_optional else ()
    return schema_of(Union[given] if given else field.annotation)  # noqa: UP007 - of a tuple
