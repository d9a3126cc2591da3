"""The answers that are problems, from the errors that an operation may end in and the table of their statuses."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from domain.archives.errors import ArchiveTooLargeError
from domain.blobs.errors import DirectAccessUnsupportedError, InterruptedBodyError
from domain.buckets.errors import FileTooLargeError, InvalidBucketError, QuotaExceededError, TypeNotAllowedError
from domain.direct_uploads.errors import DirectUploadEndedError, IncompleteUploadError, InvalidPartSizeError
from domain.errors import BodyTimeoutError, InvalidInputError, OverloadedError
from domain.files.errors import (
    InvalidMetadataError,
    InvalidNameError,
    InvalidTagsError,
    NotTextError,
    TextTooLargeError,
)
from domain.files.search.errors import InvalidFilterError, InvalidSortError
from domain.idempotency.errors import IdempotencyKeyInUseError, IdempotencyKeyReusedError
from domain.uploads.errors import (
    InvalidChecksumError,
    InvalidUploadError,
    InvalidUploadMetadataError,
    OffsetMismatchError,
    UploadTooLongError,
)
from domain.values.errors import (
    DigestMismatchError,
    InvalidContentTypeError,
    InvalidDigestError,
    InvalidTimeError,
    RangeNotSatisfiableError,
)
from service.http import problems
from service.http.headers.conditions import InvalidConditionError
from service.http.openapi import schemas
from service.http.openapi.headers import header_reference
from service.http.openapi.operation import Refusal
from service.http.resources.content.forms import InvalidFormError

# What a caller reads where the docstring of the error speaks to us, and what the framework's refusals say.
_DETAILS: Mapping[Refusal, str] = {
    InvalidInputError: "The body: Object contains unknown field `nmae`.",
    InvalidNameError: "The file name is empty.",
    InvalidBucketError: "default_ttl is a whole number from 1 to 3162240000.",
    InvalidContentTypeError: "The content type is not of the form type/subtype; parameter=value.",
    InvalidMetadataError: "Metadata is larger than 65536 bytes of JSON.",
    InvalidTagsError: "A tag holds no comma and no control character.",
    InvalidTimeError: "The time has no offset from UTC: end it with Z, or with one like +02:00.",
    InvalidSortError: "Unknown sort field 'colour'.",
    InvalidFilterError: "Unknown field 'colour'.",
    InvalidDigestError: "A digest by sha-256 has 32 bytes.",
    DigestMismatchError: "The md5 of the body is 1B2M2Y8AsgTpgAmY7PhCfg==, not Q2hlY2sgSW50ZWdyaXR5IQ==.",
    IdempotencyKeyInUseError: "The first request with this Idempotency-Key has not ended yet.",
    IdempotencyKeyReusedError: "The Idempotency-Key belongs to another request.",
    InvalidPartSizeError: "part_size is a whole number from 5242880 to 5368709120 for 31457280 bytes.",
    IncompleteUploadError: "Parts are missing, or of another size than was declared: 2.",
    DirectUploadEndedError: "The upload has expired.",
    InvalidUploadError: "Either Upload-Length or Upload-Defer-Length is needed.",
    InvalidUploadMetadataError: "The value of 'filename' is not Base64.",
    InvalidChecksumError: "Checksums are by sha1, sha256, md5, crc32.",
    UploadTooLongError: "The upload has a length of 31457280 bytes, of which 8388608 are there.",
    OffsetMismatchError: "The upload has 8388608 bytes; these begin at 0.",
    InterruptedBodyError: "The body has 1048576 bytes, not the 31457280 declared.",
    BodyTimeoutError: "The body did not come in time.",
    OverloadedError: "Too many uploads run at once.",
    TextTooLargeError: "Only files of at most 67108864 bytes are decoded as text.",
    ArchiveTooLargeError: "An archive holds at most 10000 files; name a longer prefix.",
    InvalidConditionError: "if-match is neither * nor a list of quoted entity tags.",
    InvalidFormError: "The form has no part named file.",
    RangeNotSatisfiableError: "None of the ranges lies in the file.",
    DirectAccessUnsupportedError: (
        "The bytes are kept on a disk, which clients cannot reach: they come through the service alone."
    ),
    FileTooLargeError: "The bucket allows files of at most 104857600 bytes.",
    QuotaExceededError: "The bucket's quota is 10737418240 bytes, of which 10730000000 are used.",
    TypeNotAllowedError: "The bucket allows audio/*, image/*, not text/html.",
    NotTextError: "The file's bytes are not text in utf-8.",
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
        status, code = int(refusal), problems.code_of(refusal)
    else:
        status, code = problems.status_of(refusal), refusal.code
    detail = _DETAILS.get(refusal) or (refusal.__doc__ or "").partition("\n")[0]
    return problems.Problem(title=problems.phrase_of(status), status=status, detail=detail, code=code)
