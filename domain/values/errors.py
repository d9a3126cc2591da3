"""The errors of values."""

from domain.errors import FileportError, InvalidInputError


class InvalidContentTypeError(InvalidInputError):
    """A content type does not follow RFC 9110, section 8.3.1."""

    code = "invalid_content_type"
    example = "The content type is not of the form type/subtype; parameter=value."


class InvalidTimeError(InvalidInputError):
    """A time has no offset from UTC, or leaves the calendar."""

    code = "invalid_time"
    example = "The time has no offset from UTC: end it with Z, or with one like +02:00."


class InvalidCursorError(InvalidInputError):
    """A cursor was not made by this service, or belongs to another sort."""

    code = "invalid_cursor"


class InvalidDigestError(InvalidInputError):
    """A digest is not written as RFC 9530 or RFC 1864 has it, or not as long as its algorithm's are."""

    code = "invalid_digest"
    example = "A digest by sha-256 has 32 bytes."


class DigestMismatchError(InvalidInputError):
    """The body has another digest than its sender declared: it was damaged on its way, or is not what was meant."""

    code = "digest_mismatch"
    example = "The md5 of the body is 1B2M2Y8AsgTpgAmY7PhCfg==, not Q2hlY2sgSW50ZWdyaXR5IQ==."

    def __init__(self, detail: str, *, algorithm: str = "") -> None:
        super().__init__(detail)
        self.algorithm = algorithm


class InvalidLabelsError(InvalidInputError):
    """The labels of a file or a bucket are too many, too long, or hold characters that labels do not."""

    code = "invalid_labels"
    example = "There are at most 10 tags."


class RangeNotSatisfiableError(FileportError):
    """None of the byte ranges asked for lies in the file, which has `size` bytes."""

    code = "range_not_satisfiable"
    example = "None of the ranges lies in the file."

    def __init__(self, detail: str, *, size: int) -> None:
        super().__init__(detail)
        self.size = size
