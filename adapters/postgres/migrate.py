"""Bring the database's tables up to date, or check that they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from adapters.postgres.audit.audit import MAKE_PARTITIONS
from adapters.postgres.database.credentials import RotatingCredentials
from adapters.postgres.database.errors import domain_errors
from adapters.postgres.database.sessions import CONNECT_SECONDS
from adapters.postgres.files.folding import fold_all_names
from adapters.postgres.upgrade import current_version, read_migrations, upgrade
from domain.audit.keep_audit import MONTHS_AHEAD
from domain.errors import CatalogUnavailableError

MIGRATIONS = read_migrations(Path(__file__).parent / "migrations", finishes={"0012": fold_all_names})
NEWEST_VERSION = MIGRATIONS[-1].version


async def migrate(dsn: str, *, credentials: RotatingCredentials | None = None) -> None:
    """Apply the migrations that the database is missing, each in a transaction, and make the audit's next partitions.

    Replicas may do so at the same time.

    A database that a newer release has migrated already is left as it is. `credentials` replace the DSN's user and
    password. Raises `CatalogUnavailableError`.
    """
    async with _connected(dsn, credentials) as connection:
        with domain_errors(connection):
            try:
                # A role that may not change tables gets by where nothing is missing.
                if await current_version(connection) < NEWEST_VERSION:
                    await upgrade(connection, MIGRATIONS)
                # A service that stood still for long has none for the present month.
                await connection.fetchval(MAKE_PARTITIONS, MONTHS_AHEAD, None)
            except asyncpg.InsufficientPrivilegeError as error:
                raise CatalogUnavailableError("The database's user may not make or change the tables.") from error


async def check_migrated(dsn: str, *, credentials: RotatingCredentials | None = None) -> None:
    """Return if the database has this release's tables, and change nothing. Raises `CatalogUnavailableError`."""
    async with _connected(dsn, credentials) as connection:
        with domain_errors(connection):
            version = await current_version(connection)
    if version > NEWEST_VERSION:
        raise CatalogUnavailableError("The catalog's tables are of a newer release than this.")
    if version < NEWEST_VERSION:
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
