"""The errors of buckets."""

import msgspec

from domain.errors import (
    ConflictError,
    InsufficientStorageError,
    InvalidInputError,
    NotFoundError,
    TooLargeError,
    UnsupportedError,
)


class InvalidBucketError(InvalidInputError):
    """A bucket's name or policy breaks the rules of `domain.buckets.model`."""

    code = "invalid_bucket"
    example = "default_ttl is a whole number from 1 to 3162240000."


class NoSuchBucketError(NotFoundError):
    """No bucket has that name."""

    code = "bucket_not_found"


class BucketNotEmptyError(ConflictError):
    """A bucket that holds files is not deleted."""

    code = "bucket_not_empty"


class BucketProtectedError(ConflictError):
    """The bucket `default` always exists."""

    code = "bucket_protected"


class FileTooLargeError(TooLargeError):
    """The file is larger than its bucket, or this service, allows."""

    code = "file_too_large"
    example = "The bucket allows files of at most 104857600 bytes."


class QuotaFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The quota of a bucket, null where there is none, and what is taken of it, by files and by uploads under way."""

    bucket: str
    quota_bytes: int | None
    used_bytes: int
    quota_files: int | None
    used_files: int


class QuotaExceededError(InsufficientStorageError):
    """The file does not fit in what is left of its bucket's quota.

    The `figures` are for callers who see all of the bucket; the detail is for all.
    """

    code = "quota_exceeded"
    example = "The file does not fit in what is left of its bucket's quota."

    def __init__(self, detail: str, figures: QuotaFigures | None = None) -> None:
        super().__init__(detail)
        self.figures = figures


class TypeNotAllowedError(UnsupportedError):
    """The bucket's policy does not allow this content type."""

    code = "type_not_allowed"
    example = "The bucket allows audio/*, image/*, not text/html."


# For a file that comes into a bucket.
ADMISSION = (NoSuchBucketError, FileTooLargeError, QuotaExceededError, TypeNotAllowedError)


def no_such_bucket(name: str) -> NoSuchBucketError:
    """Return the error for a bucket that is missing, or that the caller may not see."""
    return NoSuchBucketError(f"There is no bucket {name}.")
