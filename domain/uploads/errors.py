"""The errors of resumable uploads."""

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
    example = "Either Upload-Length or Upload-Defer-Length is needed."


class InvalidUploadMetadataError(InvalidInputError):
    """`Upload-Metadata` is not a list of keys, each once, with values in Base64."""

    code = "invalid_upload_metadata"
    example = "The value of 'filename' is not Base64."


class InvalidChecksumError(InvalidInputError):
    """A checksum's algorithm is not known, or its value is not Base64."""

    code = "invalid_checksum"
    example = "Checksums are by sha1, sha256, md5, crc32."


class NoSuchUploadError(NotFoundError):
    """No resumable upload has that id."""

    code = "upload_not_found"


class OffsetMismatchError(ConflictError):
    """The bytes sent do not begin where the upload's end, at `offset`: send those that are missing."""

    code = "offset_mismatch"
    example = "The upload has 8388608 bytes; these begin at 0."

    def __init__(self, detail: str, *, offset: int) -> None:
        super().__init__(detail)
        self.offset = offset


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
    example = "The upload has a length of 31457280 bytes, of which 8388608 are there."


def no_such_upload() -> NoSuchUploadError:
    """Return the error for an upload that is missing, or not shown to the caller."""
    return NoSuchUploadError("There is no such upload.")
