"""Parameters of paths and queries: their types from the handlers, their meaning from here."""

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import Any, Union, get_args

from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter
from litestar.types import Empty
from litestar.typing import FieldDefinition

from service.http.openapi import examples, schemas
from service.http.openapi.operation import JSON, Meaning

PATH: Mapping[str, Meaning] = {
    "bucket": Meaning("The bucket's name.", examples.BUCKET.name, schemas.BUCKET_NAME),
    "name": Meaning(
        "The file's name: a Unicode path, percent-encoded. Its slashes may stand as they are, or be encoded.",
        examples.FILE.name,
        {key: value for key, value in schemas.FILE_NAME.items() if key != "description"},
    ),
    "direct_upload_id": Meaning("The direct upload's id.", str(examples.DIRECT_UPLOAD.id)),
    "file_id": Meaning("The file's id.", str(examples.FILE.id)),
    "job_id": Meaning("The job's id.", str(examples.RUNNING_JOB.id)),
    "upload_id": Meaning("The upload's id.", str(examples.UPLOAD.id)),
}


def parameters_of(handler: HTTPRouteHandler, query: Mapping[str, Meaning]) -> list[dict[str, Any]]:
    """Return the parameters of the handler's path and query. Raises `KeyError` for one that has no meaning."""
    fields = handler.parsed_fn_signature.parameters.values()
    return [*_path_parameters(fields), *_query_parameters(fields, query)]


def _path_parameters(fields: Iterable[FieldDefinition]) -> Iterable[dict[str, Any]]:
    for field in fields:
        if isinstance(field.kwarg_definition, PathParameter):
            meaning = PATH[field.name]
            yield {
                "name": field.name,
                "in": "path",
                "required": True,
                "description": meaning.description,
                "schema": {**schemas.schema_of(field.annotation), **meaning.schema},
                "example": meaning.example,
            }


def _query_parameters(fields: Iterable[FieldDefinition], query: Mapping[str, Meaning]) -> Iterable[dict[str, Any]]:
    for field in fields:
        if isinstance(field.kwarg_definition, QueryParameter):
            meaning = query[field.name]
            parameter: dict[str, Any] = {"name": field.name, "in": "query", "description": meaning.description}
            if field.is_required:
                parameter["required"] = True
            if meaning.is_json:
                yield {**parameter, "content": {JSON: {"schema": meaning.schema, "example": meaning.example}}}
            else:
                schema = {**_query_schema(field, field.kwarg_definition), **meaning.schema}
                yield {**parameter, "schema": schema, "example": meaning.example}


def _query_schema(field: FieldDefinition, limits: QueryParameter) -> dict[str, Any]:
    given = tuple(kind for kind in get_args(field.annotation) if kind is not NoneType) if field.is_optional else ()
    schema = schemas.schema_of(Union[given] if given else field.annotation)  # noqa: UP007 - of a tuple
    if limits.ge is not None:
        schema["minimum"] = limits.ge
    if limits.le is not None:
        schema["maximum"] = limits.le
    if field.default not in {None, Empty}:
        schema["default"] = field.default
    return schema
