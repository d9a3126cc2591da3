"""The answers that are problems, from the errors that an operation may end in and the table of their statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain import errors
from service.http import problems
from service.http.conditions import InvalidConditionError
from service.http.forms import InvalidFormError
from service.http.openapi import schemas
from service.http.openapi.headers import header_reference
from service.http.openapi.operation import Refusal

# What a caller reads where the docstring of the error speaks to us, and what the framework's refusals say.
_DETAILS: Mapping[Refusal, str] = {
    errors.InvalidInputError: "The body: Object contains unknown field `nmae`.",
    errors.InvalidNameError: "The file name is empty.",
    errors.InvalidBucketError: "default_ttl is a whole number from 1 to 3162240000.",
    errors.InvalidContentTypeError: "The content type is not of the form type/subtype; parameter=value.",
    errors.InvalidMetadataError: "Metadata is larger than 65536 bytes of JSON.",
    errors.InvalidTagsError: "A tag holds no comma and no control character.",
    errors.InvalidTimeError: "The time has no offset from UTC: end it with Z, or with one like +02:00.",
    errors.InvalidSortError: "Unknown sort field 'colour'.",
    errors.InvalidFilterError: "Unknown field 'colour'.",
    errors.InvalidDigestError: "A digest by sha-256 has 32 bytes.",
    errors.DigestMismatchError: "The md5 of the body is 1B2M2Y8AsgTpgAmY7PhCfg==, not Q2hlY2sgSW50ZWdyaXR5IQ==.",
    errors.IdempotencyKeyInUseError: "The first request with this Idempotency-Key has not ended yet.",
    errors.IdempotencyKeyReusedError: "The Idempotency-Key belongs to another request.",
    errors.InvalidPartSizeError: "part_size is a whole number from 5242880 to 5368709120 for 31457280 bytes.",
    errors.IncompleteUploadError: "Parts are missing, or of another size than was declared: 2.",
    errors.DirectUploadEndedError: "The upload has expired.",
    errors.InvalidUploadError: "Either Upload-Length or Upload-Defer-Length is needed.",
    errors.InvalidUploadMetadataError: "The value of 'filename' is not Base64.",
    errors.InvalidChecksumError: "Checksums are by sha1, sha256, md5, crc32.",
    errors.UploadTooLongError: "The upload has a length of 31457280 bytes, of which 8388608 are there.",
    errors.OffsetMismatchError: "The upload has 8388608 bytes; these begin at 0.",
    errors.InterruptedBodyError: "The body has 1048576 bytes, not the 31457280 declared.",
    errors.BodyTimeoutError: "The body did not come in time.",
    errors.OverloadedError: "Too many uploads run at once.",
    errors.TextTooLargeError: "Only files of at most 67108864 bytes are decoded as text.",
    errors.ArchiveTooLargeError: "An archive holds at most 10000 files; name a longer prefix.",
    InvalidConditionError: "if-match is neither * nor a list of quoted entity tags.",
    InvalidFormError: "The form has no part named file.",
    errors.RangeNotSatisfiableError: "None of the ranges lies in the file.",
    errors.DirectAccessUnsupportedError: (
        "The bytes are kept on a disk, which clients cannot reach: they come through the service alone."
    ),
    errors.FileTooLargeError: "The bucket allows files of at most 104857600 bytes.",
    errors.QuotaExceededError: "The bucket's quota is 10737418240 bytes, of which 10730000000 are used.",
    errors.TypeNotAllowedError: "The bucket allows audio/*, image/*, not text/html.",
    errors.NotTextError: "The file's bytes are not text in utf-8.",
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
_HEADERS_OF_CODES = {errors.IdempotencyKeyInUseError.code: ("Retry-After",)}


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
        status, code = int(refusal), problems.code_of(refusal)
    else:
        status, code = problems.status_of(refusal), refusal.code
    detail = _DETAILS.get(refusal) or (refusal.__doc__ or "").partition("\n")[0]
    return problems.Problem(title=problems.phrase_of(status), status=status, detail=detail, code=code)
