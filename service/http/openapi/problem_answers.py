"""The answers that are problems, from the errors that an operation may end in and the table of their statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain.idempotency.errors import IdempotencyKeyInUseError
from service.http import problems
from service.http.openapi import schemas
from service.http.openapi.headers import header_reference
from service.http.openapi.operation import Refusal

# Framework refusals.
_DETAILS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "limit: Expected `int` >= 1",
    HTTPStatus.UNAUTHORIZED: "The request needs the header Authorization: Bearer, with a valid key.",
    HTTPStatus.NOT_FOUND: "Not Found",
    HTTPStatus.LENGTH_REQUIRED: "The body has neither a Content-Length, which may be 0, nor a Transfer-Encoding.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 1048576 bytes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as application/json.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here; it is not the request's fault.",
}
_HEADERS: Mapping[int, tuple[str, ...]] = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: ("Content-Range",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
_HEADERS_OF_CODES = {IdempotencyKeyInUseError.code: ("Retry-After",)}


def problem_answers(refusals: Iterable[Refusal]) -> dict[int, dict[str, Any]]:
    """Return an answer for each status that the refusals have, with each of their codes as an example."""
    examples: dict[int, dict[str, Any]] = {}
    for refusal in refusals:
        problem = _problem(refusal)
        examples.setdefault(problem.status, {})[problem.code] = {"value": msgspec.to_builtins(problem)}
    return {status: _answer(status, each) for status, each in sorted(examples.items())}


def _answer(status: int, examples: Mapping[str, Any]) -> dict[str, Any]:
    headers = [*_HEADERS.get(status, ()), *(name for code in examples for name in _HEADERS_OF_CODES.get(code, ()))]
    return {
        "description": f"{problems.phrase_of(status)}: {', '.join(f'`{code}`' for code in examples)}.",
        "headers": {name: header_reference(name) for name in ("X-Request-Id", "Cache-Control", *headers)},
        "content": {problems.MEDIA_TYPE: {"schema": schemas.reference(problems.Problem), "examples": examples}},
    }


def _problem(refusal: Refusal) -> problems.Problem:
    if isinstance(refusal, HTTPStatus):
        status, code, detail = int(refusal), problems.code_of(refusal), _DETAILS[refusal]
    else:
        status, code = problems.status_of(refusal), refusal.code
        detail = vars(refusal).get("example") or (refusal.__doc__ or "").partition("\n")[0]
    return problems.Problem(title=problems.phrase_of(status), status=status, detail=detail, code=code)
