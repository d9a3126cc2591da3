"""The Secrets Manager client: one for the application, made at its start."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import aioboto3
from aiobotocore.config import AioConfig
from botocore.exceptions import BotoCoreError

from domain.secrets.errors import SecretUnavailableError

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager.client import SecretsManagerClient


@asynccontextmanager
async def open_secrets_client(
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    session: aioboto3.Session | None = None,
    attempts: int = 3,
) -> AsyncIterator["SecretsManagerClient"]:
    """Open a client, and close it with the context. Making one blocks for about 100 ms: do it at start.

    Credentials come from `session`, by default AWS's own chain; so does the region where none is given. Times are
    short, as a new database connection waits for the answer.

    Raises `SecretUnavailableError` where the settings make no client.
    """
    config = AioConfig(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": attempts})
    session = session or aioboto3.Session()
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(
                session.client("secretsmanager", region_name=region, endpoint_url=endpoint_url, config=config)
            )
        except (BotoCoreError, ValueError) as error:
            raise SecretUnavailableError("There is no Secrets Manager client with this region and endpoint.") from error
        yield client
