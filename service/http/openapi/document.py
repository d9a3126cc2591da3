"""The OpenAPI document: the routes that the application has, and what `operations` says of them."""

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from litestar.routes import BaseRoute, HTTPRoute

from domain.errors import (
    BodyTimeoutError,
    CatalogBusyError,
    CatalogUnavailableError,
    InvalidInputError,
    LeaseLostError,
    PreconditionFailedError,
)
from domain.idempotency.errors import IdempotencyKeyInUseError, IdempotencyKeyReusedError, InvalidIdempotencyKeyError
from domain.values.errors import DigestMismatchError, InvalidDigestError
from service.http.headers.conditions import InvalidConditionError
from service.http.middleware.in_flight import ShuttingDownError
from service.http.openapi import schemas
from service.http.openapi.headers import HEADERS, ON_BODIES, ON_RANGES, REQUEST_HEADERS, REQUEST_ID, header_reference
from service.http.openapi.operation import Answer, Content, Operation, Refusal
from service.http.openapi.operations import OPERATIONS, TAGS
from service.http.openapi.parameters import parameters_of
from service.http.openapi.problem_answers import problem_answers
from service.http.openapi.samples import curl
from service.http.openapi.where import where_schemas
from service.http.problems import Problem

_ABOUT = """\
A file service: metadata in Postgres, bytes in S3, and the two never disagree.

Calls under `/v1` need the header `Authorization: Bearer` with a key. JSON is snake_case in UTF-8, times are RFC 3339 \
in UTC. Fields and filters that are not known are refused; answers may gain fields.

Every error is a problem of RFC 9457, `application/problem+json`. Its `code` is stable: match on it, never on the texts.

`HEAD` answers wherever `GET` does, with the headers alone. A wrong method is 405 with `Allow`.

Every answer has an `X-Request-Id`: the caller's own, if it sent one that is fit for logs, else a new one.
"""

_LICENSE = {"name": "MIT", "identifier": "MIT"}
# HEAD has no ranges (RFC 9110, section 14.2).
_RANGES_ONLY = {str(int(each)) for each in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)}
_BEARER = {"type": "http", "scheme": "bearer", "description": "A key of this service."}


def build_document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """Return the document of all `routes` that are not hidden from it, in the order of `operations`.

    Raises `LookupError` for a handler of which nothing is said there.
    """
    order = {id_: place for place, id_ in enumerate(OPERATIONS)}
    paths: dict[str, dict[str, Any]] = {}
    for route, method, handler in sorted(_documented(routes), key=lambda each: order[operation_id(each[2])]):
        item = paths.setdefault(route.path_format, {"parameters": [{"$ref": "#/components/parameters/RequestId"}]})
        item[method.lower()] = _operation(route, method, handler)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fileport", "version": version("fileport"), "description": _ABOUT, "license": _LICENSE},
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": _components(),
    }


def operation_id(handler: HTTPRouteHandler) -> str:
    """Return the id of the handler's operation: its name in camel case."""
    first, *others = handler.handler_name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _documented(routes: Iterable[BaseRoute]) -> Iterator[tuple[HTTPRoute, str, HTTPRouteHandler]]:
    for route in routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                if handler.include_in_schema is False:
                    continue
                if operation_id(handler) not in OPERATIONS:
                    raise LookupError(f"{handler.handler_name} is in none of service.http.openapi.operations.")
                yield from ((route, method, handler) for method in sorted(handler.http_methods))


def _operation(route: HTTPRoute, method: str, handler: HTTPRouteHandler) -> dict[str, Any]:
    id_ = operation_id(handler)
    known = OPERATIONS[id_]
    is_open = not handler.resolve_guards()
    parameters = parameters_of(handler, known.query)
    summary, _, details = (handler.fn.__doc__ or "").partition("\n")
    description = " ".join([*details.split(), known.description]).strip()
    operation: dict[str, Any] = {
        "tags": [known.tag],
        "operationId": id_,
        "summary": summary.rstrip("."),
        "description": description,
        "parameters": [*parameters, *map(_parameter, _request_headers(known))],
        "requestBody": _request_body(known.body),
        "responses": _responses(known, _refusals(route, handler, known, is_open=is_open)),
        "security": [] if is_open else [{"key": []}],
        "x-codeSamples": [
            {
                "lang": "Shell",
                "label": "curl",
                "source": curl(method, route.path_format, parameters, known, is_open=is_open),
            }
        ],
    }
    if method == "HEAD":
        operation = _without_bodies(operation)
        if "GET" in handler.http_methods:
            operation = _beside_get(operation)
    return {key: value for key, value in operation.items() if value or key == "security"}


def _without_bodies(operation: Mapping[str, Any]) -> dict[str, Any]:
    responses = {
        status: {key: value for key, value in response.items() if key != "content"}
        for status, response in operation["responses"].items()
    }
    samples = [
        {**each, "source": each["source"].replace("curl -X HEAD", "curl --head")} for each in operation["x-codeSamples"]
    ]
    return {**operation, "responses": responses, "x-codeSamples": samples}


def _beside_get(operation: Mapping[str, Any]) -> dict[str, Any]:
    id_ = operation["operationId"].removeprefix("get")
    ranges = [_parameter(name) for name in ON_RANGES]
    return {
        **operation,
        "operationId": f"head{id_[0].upper()}{id_[1:]}",
        "summary": f"{operation['summary']}: the headers alone",
        "parameters": [each for each in operation["parameters"] if each not in ranges],
        "responses": {key: each for key, each in operation["responses"].items() if key not in _RANGES_ONLY},
    }


def _request_headers(known: Operation) -> tuple[str, ...]:
    return known.request_headers if known.body is None else (*known.request_headers, *ON_BODIES)


def _parameter(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{name}"}


def _refusals(route: HTTPRoute, handler: HTTPRouteHandler, known: Operation, *, is_open: bool) -> Iterator[Refusal]:
    fields = handler.parsed_fn_signature.parameters.values()
    if any(isinstance(field.kwarg_definition, QueryParameter) for field in fields):
        yield HTTPStatus.BAD_REQUEST
    if known.body is not None:
        yield BodyTimeoutError
        yield InvalidDigestError
        yield DigestMismatchError
    if known.body is not None and known.body.kind is not None:
        yield InvalidInputError
        yield HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    if not {"IfMatch", "IfBucketExists"}.isdisjoint(known.request_headers):
        yield InvalidConditionError
        yield PreconditionFailedError
    if "IdempotencyKey" in known.request_headers:
        yield InvalidIdempotencyKeyError
        yield IdempotencyKeyInUseError
        yield IdempotencyKeyReusedError
        yield LeaseLostError
    if any(getattr(part, "type", None) is UUID for part in route.path_components):
        yield HTTPStatus.NOT_FOUND  # the router takes nothing else for an id
    yield from known.refusals
    if not is_open:
        yield HTTPStatus.UNAUTHORIZED
        yield CatalogUnavailableError
        yield CatalogBusyError
        yield ShuttingDownError
    yield HTTPStatus.INTERNAL_SERVER_ERROR


def _request_body(body: Content | None) -> dict[str, Any] | None:
    return None if body is None else {"required": not body.is_optional, "content": _content(body)}


def _responses(known: Operation, refusals: Iterable[Refusal]) -> dict[str, Any]:
    answers = {status: _answer(answer) for status, answer in known.answers.items()}
    return {str(int(status)): each for status, each in sorted((problem_answers(refusals) | answers).items())}


def _answer(answer: Answer) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": answer.description,
        "headers": {name: header_reference(name) for name in ("X-Request-Id", "Cache-Control", *answer.headers)},
    }
    if answer.content is not None:
        response["content"] = _content(answer.content)
    return response


def _content(content: Content) -> dict[str, Any]:
    described: dict[str, Any] = {
        "schema": content.schema if content.kind is None else schemas.reference(content.kind),
        "examples": {name: {"value": each} for name, each in content.examples.items()},
    }
    if content.encoding is not None:
        described["encoding"] = content.encoding
    return dict.fromkeys(content.media_types, described)


def _components() -> dict[str, Any]:
    asked = {known.body.kind for known in OPERATIONS.values() if known.body and known.body.kind}
    answers = (answer.content for known in OPERATIONS.values() for answer in known.answers.values())
    answered = {content.kind for content in answers if content and content.kind}
    components = schemas.component_schemas(asked=asked, answered=answered | {Problem}) | where_schemas()
    return {
        "schemas": dict(sorted(components.items())),
        "parameters": {"RequestId": REQUEST_ID, **REQUEST_HEADERS},
        "headers": HEADERS,
        "securitySchemes": {"key": _BEARER},
    }
