"""The catalog's ports on one connection that remembers its statements, so that their plans can be asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import asyncpg

from adapters.postgres.archives import PostgresArchives
from adapters.postgres.audit.audit import PostgresAudit
from adapters.postgres.batches import PostgresBatches
from adapters.postgres.blobs import GracePeriod, PostgresBlobRecords
from adapters.postgres.buckets import PostgresBuckets
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.files import PostgresFiles
from adapters.postgres.files.search.listing import PostgresFileSearch
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.maintenance import PostgresCatalogIntegrity
from adapters.postgres.quotas.reservations import PostgresQuotas


class Statement(NamedTuple):
    """A statement, with its time limit in seconds, None where it has none of its own."""

    sql: str
    values: tuple[Any, ...]
    timeout: float | None = None


_GRACE = GracePeriod(3600)


class Remembering:
    """Lends one connection. `statements` are those that ran on it."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection
        self._free = asyncio.Lock()
        self.statements: list[Statement] = []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with self._free:
            remembered: Any = _Remembered(self._connection, self.statements)
            yield remembered


class _Remembered:
    """A connection, and what is asked of it."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]", statements: list[Statement]) -> None:
        self._connection = connection
        self._statements = statements

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, sql: str, *values: object, **options: Any) -> Any:
        self._statements.append(Statement(sql, values, options.get("timeout")))
        return await self._connection.fetch(sql, *values, **options)

    async def fetchrow(self, sql: str, *values: object, **options: Any) -> Any:
        self._statements.append(Statement(sql, values, options.get("timeout")))
        return await self._connection.fetchrow(sql, *values, **options)

    async def fetchval(self, sql: str, *values: object, **options: Any) -> Any:
        self._statements.append(Statement(sql, values, options.get("timeout")))
        return await self._connection.fetchval(sql, *values, **options)

    async def execute(self, sql: str, *values: object, **options: Any) -> Any:
        self._statements.append(Statement(sql, values, options.get("timeout")))
        return await self._connection.execute(sql, *values, **options)


class Ports:
    """The adapters that search, count and sweep, on the connection."""

    def __init__(self, connections: Remembering) -> None:
        database = Database(connections)
        self.connections = connections
        self.archives = PostgresArchives(database)
        self.audit = PostgresAudit(database)
        self.batches = PostgresBatches(database, grace=_GRACE)
        self.blob_records = PostgresBlobRecords(database, grace=_GRACE)
        self.buckets = PostgresBuckets(database, grace=_GRACE)
        self.files = PostgresFiles(database, grace=_GRACE)
        self.integrity = PostgresCatalogIntegrity(database, grace=_GRACE)
        self.jobs = PostgresJobs(database, grace=_GRACE)
        self.quotas = PostgresQuotas(database)
        self.search = PostgresFileSearch(database)
