"""Parameters of paths and queries: their types from a handler's signature, their meaning from its operation."""

from collections.abc import Mapping
from types import NoneType
from typing import Any, Union, get_args

from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from litestar.types import Empty
from litestar.typing import FieldDefinition

from service.http.openapi.operation import JSON, Parameter
from service.http.openapi.schemas import schema_of


def parameters_of(handler: HTTPRouteHandler, described: Mapping[str, Parameter]) -> list[dict[str, Any]]:
    """Return the parameters of the handler's path, then of its query. Raises `KeyError` for one without description."""
    fields = handler.parsed_fn_signature.parameters.values()
    paths = [each for each in fields if isinstance(each.kwarg_definition, PathParameter)]
    queries = [each for each in fields if isinstance(each.kwarg_definition, QueryParameter)]
    return [
        *(_parameter("path", each, described[each.name], schema_of(each.annotation)) for each in paths),
        *(_parameter("query", each, described[each.name], _query_schema(each)) for each in queries),
    ]


def _parameter(location: str, field: FieldDefinition, described: Parameter, schema: dict[str, Any]) -> dict[str, Any]:
    parameter: dict[str, Any] = {"name": field.name, "in": location, "description": described.description}
    if field.is_required:
        parameter["required"] = True
    if described.is_json:
        return {**parameter, "content": {JSON: {"schema": described.schema, "example": described.example}}}
    return {**parameter, "schema": {**schema, **described.schema}, "example": described.example}


def _query_schema(field: FieldDefinition) -> dict[str, Any]:
    given = tuple(kind for kind in get_args(field.annotation) if kind is not NoneType) if field.is_optional else ()
    schema = schema_of(Union[given] if given else field.annotation)  # noqa: UP007 - of a tuple
    limits = field.kwarg_definition
    if isinstance(limits, QueryParameter):
        least_and_most = {"minimum": limits.ge, "maximum": limits.le}
        schema |= {key: value for key, value in least_and_most.items() if value is not None}
    if field.default not in {None, Empty}:
        schema["default"] = field.default
    return schema
