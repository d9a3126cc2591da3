"""A source of secrets in memory."""

from domain.secrets.errors import SecretUnavailableError


class FakeSecretSource:
    """Keeps secrets in a dictionary."""

    def __init__(self) -> None:
        self.secrets: dict[str, str] = {}

    async def get_secret(self, id: str) -> str:
        if id not in self.secrets:
            raise SecretUnavailableError("There is no such secret.")
        return self.secrets[id]
