"""PostgreSQL keeps the contracts of the catalog, on one connection each and its every change undone."""

import pytest

from domain.buckets.model import Usage
from tests.contracts.catalog import *  # noqa: F403 - pytest collects the whole suite here
from tests.support.parts.databases import OneConnection
from tests.support.parts.postgres_ports import PostgresPorts


@pytest.fixture
def grace() -> float:
    return 0


@pytest.fixture
def catalog(one_connection: OneConnection, grace: float) -> PostgresPorts:
    return PostgresPorts(one_connection, grace=grace)


class PostgresDamage:
    """Damages the rows of a database."""

    def __init__(self, connection: OneConnection) -> None:
        self._connection = connection

    async def miscount_usage(self, bucket: str, error: Usage) -> None:
        await self._execute("INSERT INTO bucket_usage VALUES ($1, 999, $2, $3)", bucket, error.bytes, error.files)

    async def miscount_files(self, key: str, error: int) -> None:
        await self._execute(
            "UPDATE blobs SET file_count = file_count + $2,"
            " state = CASE file_count + $2 WHEN 0 THEN 'condemned' ELSE state END,"
            " due_at = CASE file_count + $2 WHEN 0 THEN statement_timestamp() END WHERE key = $1",
            key,
            error,
        )

    async def lose_files(self, key: str) -> None:
        await self._execute("DELETE FROM files WHERE blob_key = $1", key)

    async def _execute(self, sql: str, *values: object) -> None:
        async with self._connection.connection() as connection:
            await connection.execute(sql, *values)


@pytest.fixture
def damage(one_connection: OneConnection) -> PostgresDamage:
    return PostgresDamage(one_connection)
