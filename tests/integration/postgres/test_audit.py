"""The audit on Postgres: append-only for everybody, in partitions that come and go while others write."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import asyncpg
import pytest

from adapters.postgres import Pool, create_pool, migrate
from adapters.postgres.database.connections import Connection
from domain.audit.model import Denial
from domain.errors import CatalogUnavailableError
from tests.contracts.audit.entries import ANN, deny, entries
from tests.contracts.audit.partitions import TestPartitions, month_of, now
from tests.contracts.setup import stored
from tests.support.parts.postgres_ports import PostgresPorts

__all__ = ["TestPartitions"]

FORGE = [
    "UPDATE {} SET caller = 'somebody else'",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "TRUNCATE {} CASCADE",
    "DELETE FROM {} WHERE false",
    "WITH gone AS (DELETE FROM {} RETURNING *) SELECT count(*) FROM gone",
]
# PostgreSQL has it since version 15.
MERGE = "MERGE INTO {} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE"
# What an owner, and what a superuser, may try before.
MEANS = ["SELECT", "GRANT ALL ON {} TO CURRENT_USER", "SET LOCAL session_replication_role = replica"]


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool)


@pytest.fixture
async def owner(pool: Pool) -> AsyncIterator[Connection]:
    """A connection of the tables' owner, who may do what an owner may."""
    async with pool.connection() as connection:
        yield connection


async def partition_of(owner: Connection, time: datetime) -> str:
    name = f"audit_{time.astimezone(UTC):%Y_%m}"
    assert await owner.fetchval("SELECT to_regclass($1)", name) is not None
    return name


@pytest.mark.parametrize("means", MEANS)
async def test_not_even_the_owner_changes_an_entry(catalog: PostgresPorts, owner: Connection, means: str) -> None:
    await stored(catalog)
    before = await entries(catalog)
    for table in ("audit", await partition_of(owner, before[0].at)):
        for statement in FORGE if owner.get_server_version().major < 15 else [*FORGE, MERGE]:
            transaction = owner.transaction()
            await transaction.start()
            await owner.execute(means.format(table))
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await owner.execute(statement.format(table))
            await transaction.rollback()
    assert await entries(catalog) == before


async def test_a_partition_that_is_made_later_is_append_only_as_well(catalog: PostgresPorts, owner: Connection) -> None:
    later = month_of(await now(catalog), 7)
    await catalog.audit.make_partitions(ahead=0, now=later)
    table = await partition_of(owner, later)
    for statement in FORGE:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await owner.execute(statement.format(table))


async def test_a_role_without_rights_on_the_tables_makes_partitions_and_adds_entries(
    catalog: PostgresPorts, owner: Connection
) -> None:
    present = await now(catalog)
    async with owner.transaction():
        await owner.execute("CREATE ROLE audit_writer")
        await owner.execute("GRANT SELECT, INSERT ON audit TO audit_writer")
        await owner.execute("SET LOCAL ROLE audit_writer")
        made = await owner.fetchval("SELECT make_audit_partitions($1, 0)", month_of(present, 9))
        await owner.execute(
            "INSERT INTO audit (at, id, action, outcome, caller) VALUES ($1, gen_random_uuid(), 'x', 'done', 'y')",
            present,
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with owner.transaction():
                await owner.execute("UPDATE audit SET count = 2")
        await owner.execute("RESET ROLE")
        await owner.execute("DROP OWNED BY audit_writer")
        await owner.execute("DROP ROLE audit_writer")
    assert made == 2


async def test_a_month_without_a_partition_is_a_catalog_that_is_unavailable(
    catalog: PostgresPorts, owner: Connection, database: str
) -> None:
    partition = await partition_of(owner, await now(catalog))
    await owner.execute(f"ALTER TABLE audit DETACH PARTITION {partition}")
    with pytest.raises(CatalogUnavailableError, match="partition"):
        await stored(catalog)
    await owner.execute(f"DROP TABLE {partition}")
    # As each start of the service does.
    await migrate(database)
    await stored(catalog)


async def test_entries_are_added_while_a_partition_is_made(catalog: PostgresPorts, owner: Connection) -> None:
    later = month_of(await now(catalog), 9)
    async with owner.transaction():
        assert await owner.fetchval("SELECT make_audit_partitions($1, 0)", later) == 2
        # The transaction that made it is open, and nobody waits for it.
        await stored(catalog)


async def test_a_detaching_that_was_broken_off_is_finished(catalog: PostgresPorts, database: str) -> None:
    present = await now(catalog)
    await catalog.audit.make_partitions(ahead=0, now=month_of(present, -3))
    old = month_of(present, -4)
    async with create_pool(database, size=2) as pool, pool.connection() as writer, pool.connection() as detaching:
        await detaching.execute("SET lock_timeout = '100ms'")
        async with writer.transaction():
            await writer.execute("LOCK TABLE audit IN ROW EXCLUSIVE MODE")
            with pytest.raises(asyncpg.LockNotAvailableError):
                await detaching.execute(f"ALTER TABLE audit DETACH PARTITION audit_{old:%Y_%m} CONCURRENTLY")
    assert await catalog.audit.drop_partitions(months=1) == 2
    await deny(catalog, Denial(caller=ANN, action="access.read"))
