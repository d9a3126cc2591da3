"""The errors of direct uploads."""

from domain.errors import ConflictError, GoneError, InvalidInputError, NotFoundError


class InvalidPartSizeError(InvalidInputError):
    """The size of parts is not one that the store takes, or makes too many of them."""

    code = "invalid_part_size"
    example = "part_size is a whole number from 5242880 to 5368709120 for 31457280 bytes."


class IncompleteUploadError(InvalidInputError):
    """The bytes of a direct upload are not all there, or are more than were declared. It stays open for them."""

    code = "incomplete_upload"
    example = "Parts are missing, or of another size than was declared: 2."


class NoSuchDirectUploadError(NotFoundError):
    """No direct upload has that id."""

    code = "direct_upload_not_found"


class DirectUploadEndedError(GoneError):
    """The direct upload has expired, was aborted, or its bytes were not what was declared. It becomes no file."""

    code = "direct_upload_ended"
    example = "The upload has expired."


class DirectUploadCompletedError(ConflictError):
    """The direct upload has become a file already."""

    code = "direct_upload_completed"


class DirectUploadConditionError(ConflictError):
    """A condition of the request that began the direct upload does not hold any more."""

    code = "direct_upload_condition_failed"


def no_such_direct_upload() -> NoSuchDirectUploadError:
    """Return the error for a direct upload that is missing, or not shown to the caller."""
    return NoSuchDirectUploadError("There is no such direct upload.")
