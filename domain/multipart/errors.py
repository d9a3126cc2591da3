"""The errors of multipart uploads."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError


class NoSuchMultipartUploadError(NotFoundError):
    """No multipart upload to that name has that id: it was never begun, or has ended."""

    code = "multipart_upload_not_found"


class InvalidPartNumberError(InvalidInputError):
    """Parts are numbered from 1 to 10,000."""

    code = "invalid_part_number"
    example = "A part's number is from 1 to 10000."


class InvalidPartError(InvalidInputError):
    """A part to complete the upload with is not there, or has other bytes than the caller says."""

    code = "invalid_part"
    example = "Part 3 is not there with that entity tag."

    def __init__(self, detail: str, *, number: int | None = None) -> None:
        super().__init__(detail)
        self.number = number


class InvalidPartOrderError(InvalidInputError):
    """The parts to complete an upload with are not in ascending order of their numbers."""

    code = "invalid_part_order"


class PartTooSmallError(InvalidInputError):
    """A part that is not the last is smaller than 5 MiB."""

    code = "part_too_small"
    example = "Part 3 has 4 bytes; all parts but the last have at least 5242880."


class WrongPartChecksumError(InvalidInputError):
    """A part, or the completion of its upload, has a checksum of another kind than the upload was begun with."""

    code = "wrong_part_checksum"
    example = "The upload was begun with the checksums of CRC32, not of SHA1."


class MultipartUploadBusyError(ConflictError):
    """The upload is being completed right now."""

    code = "multipart_upload_busy"


def no_such_multipart_upload() -> NoSuchMultipartUploadError:
    """Return the error for an upload that is missing, has ended, or is to another name."""
    return NoSuchMultipartUploadError("There is no such multipart upload.")
