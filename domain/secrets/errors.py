"""The errors of secrets."""

from domain.errors import FileportError, UnavailableError


class SecretUnavailableError(UnavailableError):
    """The secret source does not answer, or does not know the secret."""

    code = "secret_unavailable"
    retry_after = 5


class UnopenableError(FileportError):
    """Sealed data was sealed under another secret or in another context, or is damaged. Never an answer to a client."""

    code = "unopenable"
