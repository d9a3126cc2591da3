"""What can go wrong with resumable uploads."""

from domain.errors import (
    ConflictError,
    FileportError,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    LockedError,
    NotFoundError,
    TooLargeError,
)


class InvalidUploadError(InvalidInputError):
    """What is said of a resumable upload is not understood, or contradicts itself or what was said before."""

    code = "invalid_upload"


class InvalidUploadMetadataError(InvalidInputError):
    """`Upload-Metadata` is not a list of keys, each once, with values in Base64."""

    code = "invalid_upload_metadata"


class InvalidChecksumError(InvalidInputError):
    """A checksum's algorithm is not known, or its value is not as long as the algorithm's are."""

    code = "invalid_checksum"


class NoSuchUploadError(NotFoundError):
    """No resumable upload has that id."""

    code = "upload_not_found"


class OffsetMismatchError(ConflictError):
    """The bytes sent do not begin where the upload's end: ask for its offset, and send those that are missing."""

    code = "offset_mismatch"


class UploadLockedError(LockedError):
    """Another request adds to the upload, or finishes it, right now."""

    code = "upload_locked"


class UploadExpiredError(GoneError):
    """The upload was left alone for too long; its bytes were given up."""

    code = "upload_expired"


class FinalUploadError(ForbiddenError):
    """The upload is put together from others: no bytes are added to it."""

    code = "upload_is_final"


class ChecksumMismatchError(FileportError):
    """The bytes have another checksum than their sender declared. None of them was kept."""

    code = "checksum_mismatch"


class UploadTooLongError(TooLargeError):
    """More bytes were sent than the upload's length leaves room for."""

    code = "upload_too_long"
