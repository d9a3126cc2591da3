"""What can go wrong with buckets."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError, TooLargeError, UnsupportedError


class InvalidBucketError(InvalidInputError):
    """A bucket's name or policy breaks the rules of `domain.buckets.model`."""

    code = "invalid_bucket"


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


class QuotaExceededError(TooLargeError):
    """The file does not fit in what is left of its bucket's quota."""

    code = "quota_exceeded"


class TypeNotAllowedError(UnsupportedError):
    """The bucket's policy does not allow this content type."""

    code = "type_not_allowed"
