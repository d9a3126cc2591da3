"""Bring the database's schema up to date."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from adapters.postgres.credentials import RotatingCredentials
from adapters.postgres.errors import domain_errors
from adapters.postgres.migrations import HEAD
from adapters.postgres.pool import CONNECT_SECONDS
from domain.errors import CatalogUnavailableError


async def migrate(dsn: str, *, credentials: RotatingCredentials | None = None) -> None:
    """Run the migrations that the database is missing, all or none. Any number of replicas may do so at once.

    A database that a newer release has migrated already is left as it is. `credentials` stand in the place of the
    DSN's user and password. Raises `CatalogUnavailableError`.
    """
    async with _connected(dsn, credentials) as connection:
        if await _version(connection) >= HEAD:
            return
        from adapters.postgres.upgrade import upgrade  # noqa: PLC0415 - not where there is nothing to do

        await upgrade(connection)


async def check_migrated(dsn: str, *, credentials: RotatingCredentials | None = None) -> None:
    """Return if the database has this release's tables, and change nothing. Raises `CatalogUnavailableError`."""
    async with _connected(dsn, credentials) as connection:
        with domain_errors(connection):
            version = await _version(connection)
    if version > HEAD:
        raise CatalogUnavailableError("The catalog's tables are of a newer release than this.")
    if version < HEAD:
        raise CatalogUnavailableError("The catalog's tables are not up to date: run fileport migrate.")


@asynccontextmanager
async def _connected(
    dsn: str, credentials: RotatingCredentials | None
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connect = asyncpg.connect if credentials is None else credentials.connect
    with domain_errors():
        connection = await connect(dsn, timeout=CONNECT_SECONDS)
    try:
        yield connection
    finally:
        await connection.close()


async def _version(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return ""
    return await connection.fetchval("SELECT version_num FROM alembic_version") or ""
