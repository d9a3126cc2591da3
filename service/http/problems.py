"""Errors as `application/problem+json` (RFC 9457): the one table from domain errors to HTTP."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.types import Send
from msgspec import UNSET, UnsetType

from domain.access.callers import NOBODY, Caller
from domain.access.errors import TooManyTransfersError, UnauthenticatedError
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import QuotaBytes, QuotaFiles
from domain.errors import (
    BodyTimeoutError,
    ConflictError,
    ErrorCode,
    FileportError,
    ForbiddenError,
    GoneError,
    InsufficientStorageError,
    InvalidInputError,
    LockedError,
    NotFoundError,
    PreconditionFailedError,
    TooLargeError,
    TooManyRequestsError,
    UnavailableError,
    UnsupportedError,
)
from domain.idempotency.errors import IdempotencyKeyInUseError, IdempotencyKeyReusedError
from domain.links.errors import LinkPasswordError
from domain.uploads.errors import ChecksumMismatchError, OffsetMismatchError
from domain.values.errors import RangeNotSatisfiableError
from domain.values.numbers import Count
from service.http.denials import note_denial
from service.http.headers.rate_limits import NO_TRANSFER_LEFT
from service.http.wrong_values import explain_parameter
from service.observability.causes import facts_of

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"

# tus 1.0.0, section «Checksum»; no registry has it.
CHECKSUM_MISMATCH = 460

# The statuses of the kinds of errors, and of the few errors with a status that no other has. Of an error's classes, the
# nearest that stands here decides.
STATUS: Mapping[type[FileportError], int] = {
    InvalidInputError: HTTPStatus.BAD_REQUEST,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    BodyTimeoutError: HTTPStatus.REQUEST_TIMEOUT,
    ConflictError: HTTPStatus.CONFLICT,
    GoneError: HTTPStatus.GONE,
    PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    TooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedError: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    RangeNotSatisfiableError: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    IdempotencyKeyReusedError: HTTPStatus.UNPROCESSABLE_ENTITY,
    LockedError: HTTPStatus.LOCKED,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    ChecksumMismatchError: CHECKSUM_MISMATCH,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    InsufficientStorageError: HTTPStatus.INSUFFICIENT_STORAGE,  # RFC 4918, section 11.5
    FileportError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

NOTHING_HERE = "There is nothing at this path: calls begin with /v1, and /schema lists them all."
# Codes of the framework's own refusals; any other status is named by its phrase.
_CODES = {
    HTTPStatus.BAD_REQUEST: "invalid_request",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "body_too_large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "uri_too_long",
    HTTPStatus.INTERNAL_SERVER_ERROR: "internal_error",
}


# Python's phrases of these statuses are older than RFC 9110.
_PHRASES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "Range Not Satisfiable",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
    CHECKSUM_MISMATCH: "Checksum Mismatch",
}


UsedBytes = Annotated[Count, msgspec.Meta(description="What files and uploads under way take of the bucket's quota.")]
UsedFiles = Annotated[Count, msgspec.Meta(description="How many files there are, with uploads under way.")]


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem's body (RFC 9457, section 3). `code` is stable: match on it, not on the texts.

    Only `quota_exceeded` has the quota and what is used of it, for callers who see all of the bucket.
    """

    type: Annotated[str, msgspec.Meta(extra_json_schema={"format": "uri-reference"})] = "about:blank"
    title: Annotated[str, msgspec.Meta(description="The phrase of the status.")]
    status: Annotated[int, msgspec.Meta(extra_json_schema={"minimum": 400, "maximum": 599})]
    detail: Annotated[str, msgspec.Meta(description="For people; it may change.")]
    code: ErrorCode
    quota_bytes: QuotaBytes | UnsetType | None = UNSET
    used_bytes: UsedBytes | UnsetType = UNSET
    quota_files: QuotaFiles | UnsetType | None = UNSET
    used_files: UsedFiles | UnsetType = UNSET


def status_of(kind: type[FileportError]) -> int:
    """Return the status of an error of the domain."""
    return next(STATUS[each] for each in kind.__mro__ if each in STATUS)


def code_of(status: HTTPStatus) -> str:
    """Return the code of a refusal of the framework's own with that status."""
    return _CODES.get(status, status.name.lower())


def phrase_of(status: int) -> str:
    """Return the phrase of a status (RFC 9110, section 15)."""
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def problem_of(error: FileportError, caller: Caller = NOBODY) -> Problem:
    """Return the problem that an error of the domain is for that caller."""
    status = status_of(type(error))
    body = Problem(title=phrase_of(status), status=status, detail=error.detail, code=error.code)
    figures = error.figures if isinstance(error, QuotaExceededError) else None
    if figures is None or caller.kind == "link" or not caller.permissions.show_all_of(figures.bucket):
        return body
    return msgspec.structs.replace(
        body,
        quota_bytes=figures.quota_bytes,
        used_bytes=figures.used_bytes,
        quota_files=figures.quota_files,
        used_files=figures.used_files,
    )


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Response[Problem]:
    """Return the response for a problem."""
    return _response(Problem(title=phrase_of(status), status=status, detail=detail, code=code), headers or {})


async def send_problem(send: Send, problem: Problem, *headers: tuple[bytes, bytes]) -> None:
    """Send a problem from outside the framework, with more `headers`."""
    body = msgspec.json.encode(problem)
    fields = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *headers,
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": fields})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def from_domain(request: Request[Any, Any, Any], error: FileportError) -> Response[Problem]:
    """Render an error of the domain. A denial goes to the audit."""
    note_denial(request, error)
    body = problem_of(error, request.scope.get("user") or NOBODY)
    if body.status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, InsufficientStorageError):
        log.warning("request failed", **facts_of(error))
    return _response(body, _headers(error))


def from_framework(_: Request[Any, Any, Any], error: HTTPException) -> Response[Problem]:
    """Render a refusal of the framework: no such route, a wrong method, a parameter of the wrong type."""
    status = HTTPStatus(error.status_code)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("request failed", exc_info=error)
        return problem(status, code_of(status), "Something went wrong here; it is not the request's fault.")
    return problem(status, code_of(status), _detail(error), error.headers)


def from_bug(_: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Render an unforeseen exception; the log has the rest."""
    log.error("request failed", exc_info=error)
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return problem(status, code_of(status), "Something went wrong here; it is not the request's fault.")


def _response(body: Problem, headers: Mapping[str, str]) -> Response[Problem]:
    return Response(
        body, status_code=body.status, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store", **headers}
    )


def _headers(error: FileportError) -> Mapping[str, str]:
    if isinstance(error, UnavailableError | TooManyRequestsError | IdempotencyKeyInUseError):
        more = {"RateLimit": NO_TRANSFER_LEFT} if isinstance(error, TooManyTransfersError) else {}
        return {"Retry-After": str(error.retry_after), **more}
    if isinstance(error, UnauthenticatedError):
        return {"WWW-Authenticate": _challenge(error)}
    if isinstance(error, BodyTimeoutError):
        return {"Connection": "close"}  # RFC 9110, section 15.5.9
    if isinstance(error, OffsetMismatchError):
        return {"Upload-Offset": str(error.offset)}
    if isinstance(error, RangeNotSatisfiableError):
        return {"Content-Range": f"bytes */{error.size}"}  # RFC 9110, section 15.5.17
    return {}


def _challenge(error: UnauthenticatedError) -> str:
    if isinstance(error, LinkPasswordError):
        return f'Basic realm="{error.realm}", charset="UTF-8"'  # RFC 7617, section 2.1
    return 'Bearer realm="fileport"'  # RFC 6750, section 3


def _detail(error: HTTPException) -> str:
    match error:
        case ValidationException(extra=[_, *_] as wrong):
            return "; ".join(_wrong_parameter(each.get("key"), each["message"]) for each in wrong)
        case NotFoundException():
            return NOTHING_HERE
        case MethodNotAllowedException():
            return f"This path has the methods {(error.headers or {}).get('allow', 'that OPTIONS names')}."
        case _:
            return error.detail


def _wrong_parameter(name: str | None, message: str) -> str:
    explained = explain_parameter(message)
    if name is None:
        return message
    return f"{name}: {message}" if explained == message else f"{name} {explained}"
