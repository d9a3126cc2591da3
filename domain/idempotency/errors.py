"""The errors of idempotency keys."""

from domain.errors import ConflictError, FileportError, InvalidInputError


class InvalidIdempotencyKeyError(InvalidInputError):
    """An idempotency key is not a string of 1 to 255 printable ASCII characters."""

    code = "invalid_idempotency_key"


class IdempotencyKeyInUseError(ConflictError):
    """The first request with this idempotency key has not ended yet; try again after `retry_after` seconds."""

    code = "idempotency_key_in_use"
    example = "The first request with this Idempotency-Key has not ended yet."
    retry_after = 1


class IdempotencyKeyReusedError(FileportError):
    """The idempotency key belongs to another request."""

    code = "idempotency_key_reused"
    example = "The Idempotency-Key belongs to another request."
