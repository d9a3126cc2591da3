"""Apply the migrations: the files `migrations/NNNN_title.sql`, in the order of their numbers.

A file runs in a transaction of its own, which also notes its version. A file whose first line is
`-- outside a transaction`, for statements such as CREATE INDEX CONCURRENTLY, runs statement by statement, and its
version is noted at the end. So it must be safe to repeat from its beginning (an index that failed exists and is
invalid: drop it first), and each of its statements ends with a semicolon at the end of a line.

What SQL cannot compute, Python finishes after the statements and before the version is noted, on the same terms.
"""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import anyio
import asyncpg

# Any number that nothing else in the database locks.
_LOCK = 0x66_69_6C_65_70_6F_72_74
_POLL_SECONDS = 0.1
_OUTSIDE_TRANSACTION = "-- outside a transaction\n"


Finish = Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[None]]


class Migration(NamedTuple):
    """A step from one version of the tables to the next. Versions are numbers of four digits: they compare as text."""

    version: str
    sql: str
    finish: Finish | None = None


def read_migrations(directory: Path, finishes: Mapping[str, Finish]) -> list[Migration]:
    """Return the migrations of a directory in their order, some with what finishes them, by version."""
    versions = [(file.name.partition("_")[0], file.read_text("utf-8")) for file in sorted(directory.glob("*.sql"))]
    return [Migration(version, sql, finishes.get(version)) for version, sql in versions]


async def current_version(connection: "asyncpg.Connection[asyncpg.Record]") -> str:
    """Return the version of the database's tables, empty where there are none.

    Databases that Alembic migrated, which did so until version 0007, have no table but Alembic's before their next
    migration. That table stays: replicas of a release from then read it when they start.
    """
    for table, column in (("schema_version", "version"), ("alembic_version", "version_num")):
        if await connection.fetchval("SELECT to_regclass($1)", table) is not None:
            return await connection.fetchval(f"SELECT {column} FROM {table}") or ""
    return ""


async def upgrade(connection: "asyncpg.Connection[asyncpg.Record]", migrations: list[Migration]) -> None:
    """Apply the migrations that are missing. Replicas that call this at the same time apply each of them once.

    Those before one that fails stay. The lock ends with the connection, which the caller closes.
    """
    # Not pg_advisory_lock: CREATE INDEX CONCURRENTLY waits for every statement that is running, and one that waits for
    # this lock would in turn wait for the index.
    while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - no event crosses machines
        await anyio.sleep(_POLL_SECONDS)
    current = await current_version(connection)
    missing = [migration for migration in migrations if migration.version > current]
    if missing and await connection.fetchval("SELECT to_regclass('schema_version')") is None:
        async with connection.transaction():
            await connection.execute("CREATE TABLE schema_version (version text NOT NULL)")
            await connection.execute("INSERT INTO schema_version VALUES ($1)", current)
    for migration in missing:
        await _apply(connection, migration)


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    if migration.sql.startswith(_OUTSIDE_TRANSACTION):
        # Sent together, they would be one transaction.
        for statement in migration.sql.strip().split(";\n"):
            await connection.execute(statement)
        await _finish(connection, migration)
        return
    async with connection.transaction():
        await connection.execute(migration.sql)
        await _finish(connection, migration)


async def _finish(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    if migration.finish is not None:
        await migration.finish(connection)
    await connection.execute("UPDATE schema_version SET version = $1", migration.version)
