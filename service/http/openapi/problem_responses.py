"""The responses that are problems, from the errors that an operation may end in and the table of their statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain.access.callers import ROOT
from domain.buckets.errors import QuotaExceededError, QuotaFigures
from domain.idempotency.errors import IdempotencyKeyInUseError
from domain.uploads.errors import OffsetMismatchError
from service.http import problems
from service.http.openapi.headers import (
    CACHE_CONTROL,
    CONTENT_RANGE,
    REQUEST_ID,
    RETRY_AFTER,
    UPLOAD_OFFSET,
    WWW_AUTHENTICATE,
)
from service.http.openapi.operation import Header, Refusal
from service.http.openapi.schemas import header_references, reference

# Details of the framework's own refusals.
_DETAILS: Mapping[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "limit must be a whole number of at least 1",
    HTTPStatus.NOT_FOUND: problems.NOTHING_HERE,
    HTTPStatus.LENGTH_REQUIRED: "The body has neither a Content-Length, which may be 0, nor a Transfer-Encoding.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is over 1048576 bytes.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not declared as JSON: send Content-Type: application/json.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong here; it is not the request's fault.",
}
_FIGURES = QuotaFigures(
    bucket="music", quota_bytes=10_737_418_240, used_bytes=10_730_000_000, quota_files=100_000, used_files=71_402
)
_HEADERS: Mapping[int | Refusal, Header] = {
    HTTPStatus.UNAUTHORIZED: WWW_AUTHENTICATE,
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: CONTENT_RANGE,
    HTTPStatus.TOO_MANY_REQUESTS: RETRY_AFTER,
    HTTPStatus.SERVICE_UNAVAILABLE: RETRY_AFTER,
    IdempotencyKeyInUseError: RETRY_AFTER,
    OffsetMismatchError: UPLOAD_OFFSET,
}
PROBLEM_HEADERS = tuple(_HEADERS.values())


def headers_of(refusal: Refusal) -> tuple[Header, ...]:
    """Return the headers that come with an error of HTTP's own, which names them as its `headers`."""
    return getattr(refusal, "headers", ())


def problem_responses(refusals: Iterable[Refusal]) -> dict[int, dict[str, Any]]:
    """Return a response for each status that the refusals have, with each of their codes as an example."""
    responses: dict[int, dict[str, Any]] = {}
    examples: dict[int, dict[str, Any]] = {}
    for refusal in refusals:
        problem = _problem(refusal)
        codes = examples.setdefault(problem.status, {})
        codes[problem.code] = {"value": msgspec.to_builtins(problem)}
        headers = [_HEADERS[key] for key in (problem.status, refusal) if key in _HEADERS]
        known = responses.get(problem.status, {}).get("headers", {})
        responses[problem.status] = {
            "description": f"{problem.title}: {', '.join(f'`{code}`' for code in codes)}.",
            "headers": known | header_references((REQUEST_ID, CACHE_CONTROL, *headers, *headers_of(refusal))),
            "content": {problems.MEDIA_TYPE: {"schema": reference(problems.Problem), "examples": codes}},
        }
    return responses


def _problem(refusal: Refusal) -> problems.Problem:
    if isinstance(refusal, HTTPStatus):
        status, code, detail = int(refusal), problems.code_of(refusal), _DETAILS[refusal]
    else:
        status, code = problems.status_of(refusal), refusal.code
        detail = vars(refusal).get("example") or (refusal.__doc__ or "").partition("\n")[0]
        if issubclass(refusal, QuotaExceededError):
            return problems.problem_of(refusal(detail, _FIGURES), ROOT)
    return problems.Problem(title=problems.phrase_of(status), status=status, detail=detail, code=code)
