"""The errors of keys."""

from domain.errors import ConflictError, InvalidInputError, NotFoundError


class NoSuchKeyError(NotFoundError):
    """No key has that id, or its scopes are not within the caller's."""

    code = "key_not_found"
    example = "There is no such key."

    def __init__(self, detail: str = example) -> None:
        super().__init__(detail)


class InvalidKeyNameError(InvalidInputError):
    """The name of a key is empty, too long, or holds control characters."""

    code = "invalid_key_name"
    example = "name has 1 to 200 characters, none of them a control character."


class InvalidKeyExpiryError(InvalidInputError):
    """The expiry of a key is not in the future."""

    code = "invalid_key_expiry"
    example = "expires_at is not in the future."


class InvalidKeyLimitError(InvalidInputError):
    """A limit of a key is not a whole number within its bounds."""

    code = "invalid_key_limit"
    example = "rate is a whole number from 1 to 1000000, or null."


class InvalidOverlapError(InvalidInputError):
    """An overlap is not from 0 to 604,800 seconds."""

    code = "invalid_overlap"
    example = "overlap_seconds is a whole number from 0 to 604800."


class KeyRevokedError(ConflictError):
    """The key was revoked, which is for ever."""

    code = "key_revoked"
    example = "The key was revoked."


class NotRepeatableError(InvalidInputError):
    """The request gives a secret out, once: it takes no idempotency key."""

    code = "not_repeatable"
    example = "The secret is shown once, so this request takes no Idempotency-Key."
