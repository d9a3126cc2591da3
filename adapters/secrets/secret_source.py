"""The secret source in AWS Secrets Manager."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import ClientError as ConnectionFailure
from botocore.exceptions import BotoCoreError, ClientError

from domain.secrets.errors import SecretUnavailableError

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager.client import SecretsManagerClient


class SecretsManagerSource:
    """Reads each secret anew, at its stage `AWSCURRENT`, so that a rotation shows at once.

    An id is a secret's name or ARN. The opener of the client closes it. It needs the right to get secret values.
    """

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    async def get_secret(self, id: str) -> str:
        with _secret_errors():
            answer = await self._client.get_secret_value(SecretId=id)
        if "SecretString" not in answer:
            raise SecretUnavailableError("The secret holds bytes, not text.")
        return answer["SecretString"]


@contextmanager
def _secret_errors() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError, ConnectionFailure, OSError) as error:
        raise SecretUnavailableError("The secret source does not answer, or does not give the secret.") from error
