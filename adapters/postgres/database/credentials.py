"""The database's user and password, kept by a secret source that may rotate them."""

from typing import Any

import anyio
import asyncpg

from domain.secrets.model import Credentials, parse_credentials
from domain.secrets.ports import SecretSource


class RotatingCredentials:
    """Remembers the credentials that a secret held when it was last read.

    So the secret source is asked at the start and after a rotation, not for each connection, and connections are
    made while it is down.
    """

    def __init__(self, source: SecretSource, secret_id: str) -> None:
        self._source = source
        self._secret_id = secret_id
        self._current: Credentials | None = None
        self._reading = anyio.Lock()

    async def connect(self, *args: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
        """Connect as `asyncpg.connect` does, with these credentials; read them again if the database refuses them.

        Raises the errors of `asyncpg.connect`, and `SecretUnavailableError`.
        """
        used = self._current or await self._renewed(after=None)
        try:
            return await _connect(used, *args, **options)
        except asyncpg.InvalidAuthorizationSpecificationError:
            renewed = await self._renewed(after=used)
            if renewed == used:
                raise
            return await _connect(renewed, *args, **options)

    async def _renewed(self, *, after: Credentials | None) -> Credentials:
        # Of many calls that were refused at once, one reads the secret.
        async with self._reading:
            if self._current is None or self._current == after:
                self._current = parse_credentials(await self._source.get_secret(self._secret_id))
            return self._current


async def _connect(credentials: Credentials, *args: Any, **options: Any) -> "asyncpg.Connection[asyncpg.Record]":
    login = {"user": credentials.username, "password": credentials.password}
    return await asyncpg.connect(*args, **options | login)
