"""S3's errors: the one table of their codes, and the one from the domain's errors to them.

AWS, «Error responses», has the codes.
"""

from collections.abc import Mapping
from http import HTTPStatus

from domain.access.errors import TooManyTransfersError, UnauthenticatedError, UnknownAccessKeyError, WrongSignatureError
from domain.blobs.errors import InterruptedBodyError
from domain.buckets.errors import (
    BucketNotEmptyError,
    FileTooLargeError,
    InvalidBucketError,
    NoSuchBucketError,
    QuotaExceededError,
)
from domain.errors import (
    BodyTimeoutError,
    ConflictError,
    FileportError,
    ForbiddenError,
    InsufficientStorageError,
    InvalidInputError,
    LockedError,
    NotFoundError,
    NothingToMatchError,
    OverloadedError,
    PreconditionFailedError,
    TooLargeError,
    TooManyRequestsError,
    UnavailableError,
    UnsupportedError,
)
from domain.files.errors import NoSuchFileError
from domain.multipart.errors import (
    InvalidPartError,
    InvalidPartOrderError,
    NoSuchMultipartUploadError,
    PartTooSmallError,
    WrongPartChecksumError,
)
from domain.values.errors import DigestMismatchError, InvalidDigestError, InvalidLabelsError, RangeNotSatisfiableError

STATUS: Mapping[str, HTTPStatus] = {
    "AccessControlListNotSupported": HTTPStatus.BAD_REQUEST,
    "AccessForbidden": HTTPStatus.FORBIDDEN,
    "AccessDenied": HTTPStatus.FORBIDDEN,
    "AuthorizationHeaderMalformed": HTTPStatus.BAD_REQUEST,
    "AuthorizationQueryParametersError": HTTPStatus.BAD_REQUEST,
    "BadRequest": HTTPStatus.BAD_REQUEST,
    "BadDigest": HTTPStatus.BAD_REQUEST,
    "BucketAlreadyOwnedByYou": HTTPStatus.CONFLICT,
    "BucketNotEmpty": HTTPStatus.CONFLICT,
    "ConditionalRequestConflict": HTTPStatus.CONFLICT,
    "EntityTooLarge": HTTPStatus.BAD_REQUEST,
    "EntityTooSmall": HTTPStatus.BAD_REQUEST,
    "IncompleteBody": HTTPStatus.BAD_REQUEST,
    "InternalError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "InvalidAccessKeyId": HTTPStatus.FORBIDDEN,
    "InvalidArgument": HTTPStatus.BAD_REQUEST,
    "InvalidBucketName": HTTPStatus.BAD_REQUEST,
    "InvalidChunkSizeError": HTTPStatus.BAD_REQUEST,
    "InvalidDigest": HTTPStatus.BAD_REQUEST,
    "InvalidLocationConstraint": HTTPStatus.BAD_REQUEST,
    "InvalidPolicyDocument": HTTPStatus.BAD_REQUEST,
    "InvalidPart": HTTPStatus.BAD_REQUEST,
    "InvalidPartOrder": HTTPStatus.BAD_REQUEST,
    "InvalidRange": HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    "InvalidRequest": HTTPStatus.BAD_REQUEST,
    "InvalidStorageClass": HTTPStatus.BAD_REQUEST,
    "InvalidTag": HTTPStatus.BAD_REQUEST,
    "InvalidURI": HTTPStatus.BAD_REQUEST,
    "KeyTooLongError": HTTPStatus.BAD_REQUEST,
    "MalformedPOSTRequest": HTTPStatus.BAD_REQUEST,
    "MalformedTrailerError": HTTPStatus.BAD_REQUEST,
    "MalformedXML": HTTPStatus.BAD_REQUEST,
    "MaxPostPreDataLengthExceededError": HTTPStatus.BAD_REQUEST,
    "MetadataTooLarge": HTTPStatus.BAD_REQUEST,
    "MethodNotAllowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "MissingContentLength": HTTPStatus.LENGTH_REQUIRED,
    "NoSuchBucket": HTTPStatus.NOT_FOUND,
    "NoSuchBucketPolicy": HTTPStatus.NOT_FOUND,
    "NoSuchCORSConfiguration": HTTPStatus.NOT_FOUND,
    "NoSuchKey": HTTPStatus.NOT_FOUND,
    "NoSuchLifecycleConfiguration": HTTPStatus.NOT_FOUND,
    "NoSuchPublicAccessBlockConfiguration": HTTPStatus.NOT_FOUND,
    "NoSuchTagSet": HTTPStatus.NOT_FOUND,
    "NoSuchUpload": HTTPStatus.NOT_FOUND,
    "NoSuchVersion": HTTPStatus.NOT_FOUND,
    "NoSuchWebsiteConfiguration": HTTPStatus.NOT_FOUND,
    "NotImplemented": HTTPStatus.NOT_IMPLEMENTED,
    "ObjectLockConfigurationNotFoundError": HTTPStatus.NOT_FOUND,
    "OperationAborted": HTTPStatus.CONFLICT,
    "PreconditionFailed": HTTPStatus.PRECONDITION_FAILED,
    "QuotaExceeded": HTTPStatus.FORBIDDEN,  # as Ceph has it: AWS has no quotas
    "ReplicationConfigurationNotFoundError": HTTPStatus.NOT_FOUND,
    "RequestTimeTooSkewed": HTTPStatus.FORBIDDEN,
    "RequestTimeout": HTTPStatus.BAD_REQUEST,
    "ServerSideEncryptionConfigurationNotFoundError": HTTPStatus.NOT_FOUND,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "SignatureDoesNotMatch": HTTPStatus.FORBIDDEN,
    "SlowDown": HTTPStatus.SERVICE_UNAVAILABLE,
    "UserKeyMustBeSpecified": HTTPStatus.BAD_REQUEST,
    "XAmzContentSHA256Mismatch": HTTPStatus.BAD_REQUEST,
}

# Of an error's classes, the nearest that stands here decides.
_CODES: Mapping[type[FileportError], str] = {
    BodyTimeoutError: "RequestTimeout",
    BucketNotEmptyError: "BucketNotEmpty",
    ConflictError: "OperationAborted",
    DigestMismatchError: "BadDigest",
    FileTooLargeError: "EntityTooLarge",
    FileportError: "InternalError",
    ForbiddenError: "AccessDenied",
    InsufficientStorageError: "QuotaExceeded",
    InterruptedBodyError: "IncompleteBody",
    InvalidBucketError: "InvalidBucketName",
    InvalidDigestError: "InvalidDigest",
    InvalidInputError: "InvalidArgument",
    InvalidLabelsError: "InvalidTag",
    InvalidPartError: "InvalidPart",
    InvalidPartOrderError: "InvalidPartOrder",
    LockedError: "OperationAborted",
    NoSuchBucketError: "NoSuchBucket",
    NoSuchFileError: "NoSuchKey",
    NoSuchMultipartUploadError: "NoSuchUpload",
    NotFoundError: "NoSuchKey",
    NothingToMatchError: "NoSuchKey",
    OverloadedError: "SlowDown",
    PartTooSmallError: "EntityTooSmall",
    PreconditionFailedError: "PreconditionFailed",
    QuotaExceededError: "QuotaExceeded",
    RangeNotSatisfiableError: "InvalidRange",
    TooLargeError: "EntityTooLarge",
    TooManyRequestsError: "SlowDown",
    TooManyTransfersError: "SlowDown",
    UnauthenticatedError: "AccessDenied",
    UnavailableError: "ServiceUnavailable",
    UnknownAccessKeyError: "InvalidAccessKeyId",
    UnsupportedError: "InvalidRequest",
    WrongPartChecksumError: "InvalidRequest",
    WrongSignatureError: "SignatureDoesNotMatch",
}


class S3Error(Exception):
    """A refusal in S3's words: one of the codes in `STATUS`, and a message for people.

    `elements` are more of them in its XML, and `headers` more fields of its response.
    """

    def __init__(
        self,
        code: str,
        message: str,
        elements: Mapping[str, str | int] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = STATUS[code]
        self.headers = headers or {}
        self.elements = elements or {}


def error_of(error: FileportError) -> S3Error:
    """Return an error of the domain in S3's words."""
    code = next(_CODES[each] for each in type(error).__mro__ if each in _CODES)
    headers = {}
    if isinstance(error, UnavailableError | TooManyRequestsError):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, BodyTimeoutError):
        headers["Connection"] = "close"  # RFC 9110, section 15.5.9
    if isinstance(error, RangeNotSatisfiableError):
        headers["Content-Range"] = f"bytes */{error.size}"  # section 15.5.17
    message = "Access denied." if type(error) is UnauthenticatedError else error.detail
    return S3Error(code, message, headers=headers)
