"""The responses that are problems, from the errors that an operation may end in and the table of their statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain.idempotency.errors import IdempotencyKeyInUseError
from service.http import problems
from service.http.openapi.headers import CACHE_CONTROL, CONTENT_RANGE, REQUEST_ID, RETRY_AFTER, WWW_AUTHENTICATE
from service.http.openapi.operation import Header, Refusal
from service.http.openapi.schemas import header_references, reference

# Details of the framework's own refusals.
_DETAILS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "limit: Expected `int` >= 1",
    HTTPStatus.UNAUTHORIZED: "The request needs the header Authorization: Bearer, with a valid key.",
    HTTPStatus.NOT_FOUND: "Not Found",
    HTTPStatus.LENGTH_REQUIRED: "The body has neither a Content-Length, which may be 0, nor a Transfer-Encoding.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 1048576 bytes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as application/json.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here; it is not the request's fault.",
}
_HEADERS: Mapping[int, Header] = {
    HTTPStatus.UNAUTHORIZED: WWW_AUTHENTICATE,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: CONTENT_RANGE,
    HTTPStatus.SERVICE_UNAVAILABLE: RETRY_AFTER,
}
PROBLEM_HEADERS = tuple(_HEADERS.values())


def problem_answers(
    refusals: Iterable[Refusal], headers: Mapping[int, tuple[Header, ...]]
) -> dict[int, dict[str, Any]]:
    """Return a response for each status that the refusals have, with each of their codes as an example.

    `headers` are those of the operation's own problems, by status.
    """
    examples: dict[int, dict[str, Any]] = {}
    for refusal in refusals:
        problem = _problem(refusal)
        examples.setdefault(problem.status, {})[problem.code] = {"value": msgspec.to_builtins(problem)}
    return {status: _answer(status, each, headers.get(status, ())) for status, each in examples.items()}


def _answer(status: int, examples: Mapping[str, Any], headers: tuple[Header, ...]) -> dict[str, Any]:
    if status in _HEADERS:
        headers = (_HEADERS[status], *headers)
    if IdempotencyKeyInUseError.code in examples:
        headers = (*headers, RETRY_AFTER)
    return {
        "description": f"{problems.phrase_of(status)}: {', '.join(f'`{code}`' for code in examples)}.",
        "headers": header_references((REQUEST_ID, CACHE_CONTROL, *headers)),
        "content": {problems.MEDIA_TYPE: {"schema": reference(problems.Problem), "examples": examples}},
    }


def _problem(refusal: Refusal) -> problems.Problem:
    if isinstance(refusal, HTTPStatus):
        status, code, detail = int(refusal), problems.code_of(refusal), _DETAILS[refusal]
    else:
        status, code = problems.status_of(refusal), refusal.code
        detail = vars(refusal).get("example") or (refusal.__doc__ or "").partition("\n")[0]
    return problems.Problem(title=problems.phrase_of(status), status=status, detail=detail, code=code)
