"""Credentials that rotate: the database's clients notice when they connect, and never stop."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import msgspec
import pytest

from adapters.postgres import RotatingCredentials, create_pool, migrate
from domain.errors import CatalogUnavailableError
from domain.secrets.errors import SecretUnavailableError
from tests.fakes.secrets import FakeSecretSource
from tests.support.parts.databases import new_database
from tests.support.parts.postgres_ports import PostgresPorts

SECRET = "database"


class CountingSecretSource(FakeSecretSource):
    """Counts how often it is asked."""

    asked = 0

    async def get_secret(self, id: str) -> str:
        self.asked += 1
        return await super().get_secret(id)


class Login:
    """A role of the database whose password rotates, and the secret that names it."""

    def __init__(self, owner_dsn: str) -> None:
        self._owner_dsn = owner_dsn
        self._role = f"role_{secrets.token_hex(4)}"
        self.source = CountingSecretSource()
        self.credentials = RotatingCredentials(self.source, SECRET)

    @property
    def dsn(self) -> str:
        """The DSN of the database, without credentials."""
        parts = urlsplit(self._owner_dsn)
        return parts._replace(netloc=f"{parts.hostname}:{parts.port}").geturl()

    async def create(self) -> None:
        await self._execute(f"CREATE ROLE {self._role} LOGIN SUPERUSER")
        await self.rotate()

    async def rotate(self, *, announce: bool = True) -> None:
        password = secrets.token_hex(8)
        await self._execute(f"ALTER ROLE {self._role} PASSWORD '{password}'")
        if announce:
            document = {"username": self._role, "password": password, "engine": "postgres"}
            self.source.secrets[SECRET] = msgspec.json.encode(document).decode()

    async def disconnect(self) -> None:
        """End the connections of the role, as a database does that restarts."""
        terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        await self._execute(f"{terminate} WHERE usename = '{self._role}'")

    async def drop(self) -> None:
        await self._execute(f"DROP ROLE {self._role}")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._owner_dsn)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture
async def login(postgres_container: str) -> AsyncIterator[Login]:
    async with new_database(postgres_container) as dsn:
        login = Login(dsn)
        await login.create()
        yield login
        await login.disconnect()
        await asyncio.gather(login.drop(), return_exceptions=True)


async def test_credentials_are_read_once_for_many_connections(login: Login) -> None:
    await migrate(login.dsn, credentials=login.credentials)
    async with create_pool(login.dsn, credentials=login.credentials, size=5) as pool:
        catalog = PostgresPorts(pool)
        await asyncio.gather(*(catalog.health.check() for _ in range(20)))
    assert login.source.asked == 1


async def test_a_rotation_needs_no_restart(login: Login) -> None:
    await migrate(login.dsn, credentials=login.credentials)
    async with create_pool(login.dsn, credentials=login.credentials, size=5) as pool:
        catalog = PostgresPorts(pool)
        for reads in (2, 3):
            await login.rotate()
            await login.disconnect()
            # Calls that cross with the end of their connection fail; no others do.
            for outcome in await asyncio.gather(*(catalog.health.check() for _ in range(20)), return_exceptions=True):
                assert outcome is None or isinstance(outcome, CatalogUnavailableError)
            await asyncio.gather(*(catalog.health.check() for _ in range(20)))
            assert login.source.asked == reads


async def test_a_rotation_that_the_secret_does_not_know_yet_passes(login: Login) -> None:
    await migrate(login.dsn, credentials=login.credentials)
    async with create_pool(login.dsn, credentials=login.credentials) as pool:
        catalog = PostgresPorts(pool)
        await login.rotate(announce=False)
        await login.disconnect()
        for _ in range(2):
            with pytest.raises(CatalogUnavailableError):
                await catalog.health.check()
        await login.rotate()
        await catalog.health.check()


async def test_a_secret_that_is_not_there_shows_at_the_start(login: Login) -> None:
    login.source.secrets.clear()
    with pytest.raises(SecretUnavailableError):
        await migrate(login.dsn, credentials=login.credentials)
    with pytest.raises(SecretUnavailableError):
        async with create_pool(login.dsn, credentials=login.credentials):
            pass
