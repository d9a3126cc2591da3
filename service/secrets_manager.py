"""Secrets of the settings that AWS Secrets Manager keeps. They are read once, at the start."""

import asyncio

from domain.secrets.errors import SecretUnavailableError
from service.environment import PREFIX


def fetch_secret(setting: str, id_: str) -> str:
    """Return the text of the secret `id_`. Raises `SecretUnavailableError`, which names the `setting` with the id."""
    try:
        return asyncio.run(_fetch(id_))
    except SecretUnavailableError as error:
        raise SecretUnavailableError(f"{PREFIX}{setting}: {error.detail}") from error


async def _fetch(id_: str) -> str:
    from adapters.secrets import SecretsManagerSource, open_secrets_client  # noqa: PLC0415 - takes half a second, which others need not wait

    async with open_secrets_client() as client:
        return await SecretsManagerSource(client).get_secret(id_)
