"""The errors of secrets."""

from domain.errors import UnavailableError


class SecretUnavailableError(UnavailableError):
    """The secret source does not answer, or does not know the secret."""

    code = "secret_unavailable"
    retry_after = 5
