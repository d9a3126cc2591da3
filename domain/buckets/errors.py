"""The errors of buckets."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError, UnsupportedError


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


class QuotaExceededError(TooLargeError):
    """The file does not fit in what is left of its bucket's quota."""

    code = "quota_exceeded"
    example = "The bucket's quota is 10737418240 bytes, of which 10730000000 are used."


class TypeNotAllowedError(UnsupportedError):
    """The bucket's policy does not allow this content type."""

    code = "type_not_allowed"
    example = "The bucket allows audio/*, image/*, not text/html."


# For a file that comes into a bucket.
ADMISSION = (NoSuchBucketError, FileTooLargeError, QuotaExceededError, TypeNotAllowedError)


def no_such_bucket(name: str) -> NoSuchBucketError:
    """Return the error for a bucket that is missing, or that the caller may not see."""
    return NoSuchBucketError(f"There is no bucket {name}.")
