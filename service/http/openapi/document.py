"""The OpenAPI document: the application's routes, and the descriptions that they carry."""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, NamedTuple, get_type_hints
from uuid import UUID

from litestar.handlers import HTTPRouteHandler
from litestar.routes import BaseRoute, HTTPRoute

from domain import errors
from domain.access.authenticate import Authenticate
from domain.access.errors import AccessDeniedError, IdentityProviderUnavailableError
from domain.access.limits import LimitCallers
from domain.idempotency.errors import IdempotencyKeyInUseError, IdempotencyKeyReusedError, InvalidIdempotencyKeyError
from domain.values.errors import DigestMismatchError, InvalidDigestError
from service.http.access import Access, access_of
from service.http.headers.conditions import InvalidConditionError
from service.http.middleware.in_flight import ShuttingDownError
from service.http.openapi.headers import (
    CACHE_CONTROL,
    ON_BODIES,
    ON_RANGES,
    OWN_REQUEST_ID,
    RATE_LIMITS,
    REQUEST_ID,
)
from service.http.openapi.operation import Content, Header, Operation, Refusal, Tag
from service.http.openapi.parameters import parameters_of
from service.http.openapi.problem_responses import PROBLEM_HEADERS, headers_of, problem_responses
from service.http.openapi.samples import curl
from service.http.openapi.schemas import component_schemas, header_references, reference
from service.http.problems import Problem

_ABOUT = """\
A file service: metadata in Postgres, bytes in S3, and the two never disagree.

Calls under `/v1` need the header `Authorization: Bearer` with a key, or a token of the identity provider that the \
service trusts. The curl commands here take the address and the key from two variables of the shell, `FILEPORT_URL` \
and `FILEPORT_KEY`. Where `make run` has started the service: \
`export FILEPORT_URL=127.0.0.1:8000 FILEPORT_KEY=$(cat data/root.key)`

JSON is snake_case in UTF-8, times are RFC 3339 \
in UTC. Fields and filters that are not known are refused; answers may gain fields.

Every error is a problem of RFC 9457, `application/problem+json`. Its `code` is stable: match on it, never on the texts.

`HEAD` answers wherever `GET` does, with the headers alone. A wrong method is 405 with `Allow`.

Every answer has an `X-Request-Id`: the caller's own, if it sent one that is fit for logs, else a new one.
"""

_LICENSE = {"name": "MIT", "identifier": "MIT"}
# HEAD has no ranges (RFC 9110, section 14.2).
_RANGES_ONLY = {str(int(each)) for each in (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)}
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of this service, or a token (JWT) of the identity provider that it trusts.",
}


class _Described(NamedTuple):
    route: HTTPRoute
    method: str
    handler: HTTPRouteHandler
    operation: Operation
    tag: Tag

    @property
    def is_open(self) -> bool:
        return self.access.is_open

    @property
    def access(self) -> Access:
        return access_of(self.handler)


def build_document(routes: Iterable[BaseRoute], tags: Sequence[Tag]) -> dict[str, Any]:
    """Return the document of all `routes` that are not hidden from it, in the order of their `tags`.

    Raises `LookupError` for a handler without an operation.
    """
    described = sorted(_described(routes), key=lambda each: tags.index(each.tag))
    paths: dict[str, dict[str, Any]] = {}
    for each in described:
        item = paths.setdefault(each.route.path_format, {"parameters": [_parameter(OWN_REQUEST_ID)]})
        item[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Fileport", "version": version("fileport"), "description": _ABOUT, "license": _LICENSE},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag.name, "description": tag.description} for tag in tags],
        "paths": paths,
        "components": _components([each.operation for each in described]),
    }


def _described(routes: Iterable[BaseRoute]) -> Iterator[_Described]:
    for route in routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            if handler.include_in_schema is not False:
                if "operation" not in handler.opt:
                    raise LookupError(f"The route of {handler.handler_name} has no operation for the document.")
                operation, tag = handler.opt["operation"], handler.opt["tag"]
                for method in sorted(handler.http_methods):
                    yield _Described(route, method, handler, operation, tag)


def _operation(described: _Described) -> dict[str, Any]:
    route, method, handler, known, tag = described
    first, *others = handler.handler_name.split("_")
    id_ = first + "".join(map(str.capitalize, others))
    summary, _, details = (handler.fn.__doc__ or "").partition("\n")
    summary = summary.rstrip(".")
    parameters, headers = parameters_of(handler), _request_headers(known)
    responses = _responses(known, _refusals(described))
    if not described.is_open:
        for response in responses.values():
            response["headers"] |= header_references(RATE_LIMITS)
    if method == "HEAD":
        for response in responses.values():
            response.pop("content", None)
        if "GET" in handler.http_methods:
            id_ = re.sub("^(get)?(.)", lambda begin: f"head{begin[2].upper()}", id_)
            summary += ": the headers alone"
            headers = tuple(each for each in headers if each not in ON_RANGES)
            responses = {status: each for status, each in responses.items() if status not in _RANGES_ONLY}
    source = curl(method, route.path_format, parameters, known, is_open=described.is_open)
    operation: dict[str, Any] = {
        "tags": [tag.name],
        "operationId": id_,
        "summary": summary,
        "description": " ".join([*details.split(), known.description, described.access.description]).strip(),
        "parameters": [*parameters, *map(_parameter, headers)],
        "requestBody": known.body and {"required": not known.body.is_optional, "content": _content(known.body)},
        "responses": responses,
        "security": [] if described.is_open else [{"key": []}, *([{}] if described.access.or_public else [])],
        "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": source}],
    }
    return {key: value for key, value in operation.items() if value or key == "security"}


def _request_headers(known: Operation) -> tuple[Header, ...]:
    return known.headers if known.body is None else (*known.headers, *ON_BODIES)


def _key(header: Header) -> str:
    return header.key or header.name.replace("-", "")


def _parameter(header: Header) -> dict[str, str]:
    return {"$ref": f"#/components/parameters/{_key(header)}"}


def _refusals(described: _Described) -> Iterator[Refusal]:
    route, _, handler, known, _ = described
    headers = {each.name for each in known.headers}
    if known.body is not None:
        yield from (errors.BodyTimeoutError, InvalidDigestError, DigestMismatchError)
        yield HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        if known.body.kind is not None:
            yield from (errors.InvalidInputError, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, errors.OverloadedError)
    if "If-Match" in headers:
        yield from (InvalidConditionError, errors.PreconditionFailedError)
    if "Idempotency-Key" in headers:
        yield from (InvalidIdempotencyKeyError, IdempotencyKeyInUseError, IdempotencyKeyReusedError)
        yield errors.LeaseLostError
    if any(getattr(part, "type", None) is UUID for part in route.path_components):
        yield HTTPStatus.NOT_FOUND  # the router takes nothing else for an id
    yield from known.problems
    # Dishka hides the parameters that it injects.
    for kind in get_type_hints(getattr(handler.fn, "__dishka_orig_func__", handler.fn)).values():
        yield from getattr(kind, "errors", ())
    if not described.is_open:
        # Every query is checked, whatever its parameters are.
        yield from (HTTPStatus.BAD_REQUEST, *Authenticate.errors, AccessDeniedError, *LimitCallers.errors)
        yield from (errors.CatalogUnavailableError, errors.CatalogBusyError, ShuttingDownError)
        yield IdentityProviderUnavailableError
    yield HTTPStatus.INTERNAL_SERVER_ERROR


def _responses(known: Operation, refusals: Iterable[Refusal]) -> dict[str, Any]:
    responses = problem_responses(refusals)
    for response in known.responses:
        responses[response.status] = {
            "description": response.description,
            "headers": header_references((REQUEST_ID, CACHE_CONTROL, *response.headers)),
        }
        if response.content is not None:
            responses[response.status]["content"] = _content(response.content)
    return {str(int(status)): each for status, each in sorted(responses.items())}


def _content(content: Content) -> dict[str, Any]:
    described: dict[str, Any] = {
        "schema": content.schema if content.kind is None else reference(content.kind),
        "examples": {name: {"value": each} for name, each in content.examples.items()},
    }
    if content.encoding is not None:
        described["encoding"] = content.encoding
    return dict.fromkeys(content.media_types, described)


def _components(operations: Sequence[Operation]) -> dict[str, Any]:
    answers = [response for known in operations for response in known.responses]
    asked = {known.body.kind for known in operations if known.body and known.body.kind}
    answered = {response.content.kind for response in answers if response.content and response.content.kind}
    schemas = component_schemas(asked=asked, answered=answered | {Problem})
    for known in operations:
        schemas |= known.schemas
    headers = [
        REQUEST_ID,
        CACHE_CONTROL,
        *RATE_LIMITS,
        *PROBLEM_HEADERS,
        *(header for response in answers for header in response.headers),
        *(header for known in operations for error in known.problems for header in headers_of(error)),
    ]
    asked_headers = [OWN_REQUEST_ID, *(header for known in operations for header in _request_headers(known))]
    return {
        "schemas": dict(sorted(schemas.items())),
        "parameters": {_key(each): {"name": each.name, "in": "header", **_header(each)} for each in asked_headers},
        "headers": {each.name: _header(each) for each in headers},
        "securitySchemes": {"key": _BEARER},
    }


def _header(header: Header) -> dict[str, Any]:
    described = {"description": header.description, "schema": header.schema, "example": header.example}
    return {"required": True, **described} if header.is_required else described
