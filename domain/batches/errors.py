"""The errors of batches."""

from domain.errors import UnavailableError


class NotAttemptedError(UnavailableError):
    """An operation of a batch was not begun, because one before it met a catalog that failed."""

    code = "not_attempted"
    retry_after = 2
