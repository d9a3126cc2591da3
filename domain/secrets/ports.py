"""The ports of secrets; `tests/contracts` checks their contracts."""

from typing import Protocol


class SecretSource(Protocol):
    """Keeps secrets, and may rotate them at any time."""

    async def get_secret(self, id: str) -> str:
        """Return the current text of the secret. Raises `SecretUnavailableError`."""
        ...
