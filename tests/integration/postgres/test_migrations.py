"""The schema is made by migrations, however many replicas start at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from adapters.postgres import check_migrated, create_pool, migrate
from adapters.postgres.migrate import MIGRATIONS, NEWEST_VERSION
from adapters.postgres.upgrade import Migration, current_version, upgrade
from domain.errors import CatalogUnavailableError
from tests.contracts.setup import stored
from tests.contracts.uploads import begun
from tests.support.postgres_ports import PostgresPorts

INDEXED = [
    Migration(
        "0001",
        """-- outside a transaction
DROP INDEX CONCURRENTLY IF EXISTS things_index;
CREATE UNIQUE INDEX CONCURRENTLY things_index ON things (n);
""",
    )
]
VALID_INDEX = "SELECT FROM pg_index WHERE indexrelid = 'things_index'::regclass AND indisvalid"


@asynccontextmanager
async def connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def pretend_alembic(connection: "asyncpg.Connection[asyncpg.Record]", version: str) -> None:
    """Replace our note of the version by Alembic's."""
    await connection.execute("DROP TABLE schema_version")
    await connection.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    await connection.execute("INSERT INTO alembic_version VALUES ($1)", version)


async def tables(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return [row["tablename"] for row in rows]


async def test_ten_replicas_may_migrate_at_once(empty_database: str) -> None:
    await asyncio.gather(*(migrate(empty_database) for _ in range(10)))
    async with create_pool(empty_database) as pool:
        buckets = await PostgresPorts(pool).buckets.list_buckets(after=None, limit=10)
        assert [bucket.name for bucket in buckets] == ["default"]


async def test_a_database_says_which_migration_it_got_last(empty_database: str) -> None:
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        assert await current_version(connection) == NEWEST_VERSION


async def test_a_database_of_a_newer_release_is_left_as_it_is(empty_database: str) -> None:
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        await connection.execute("UPDATE schema_version SET version = '9999'")
        await migrate(empty_database)
        assert await current_version(connection) == "9999"


async def test_migrating_again_changes_nothing(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        catalog = PostgresPorts(pool)
        file = await stored(catalog)
        await migrate(empty_database)
        assert await catalog.files.get_file(file.id) == file


async def undo_all_behind_0006(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Have the tables as they were after migration 0006."""
    await connection.execute("ALTER TABLE uploads DROP COLUMN precondition, DROP COLUMN concat")
    await connection.execute("ALTER TABLE blobs DROP COLUMN crc32")


async def test_an_upload_that_was_begun_before_conditions_were_kept_has_none(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        upload = await begun(PostgresPorts(pool))
    async with connected(empty_database) as connection:
        await undo_all_behind_0006(connection)
        await connection.execute("UPDATE schema_version SET version = '0006'")
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        assert await PostgresPorts(pool).uploads.get_upload(upload.id) == upload


async def test_a_blob_that_was_stored_before_checksums_were_kept_has_none(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        file = await stored(PostgresPorts(pool))
    async with connected(empty_database) as connection:
        await undo_all_behind_0006(connection)
        await connection.execute("UPDATE schema_version SET version = '0006'")
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        archives = PostgresPorts(pool).archives
        assert [member.crc32 for member in await archives.find_members([file.id])] == [None]
        await archives.keep_checksums({file.blob_key: 7})
        assert [member.crc32 for member in await archives.find_members([file.id])] == [7]


async def test_a_database_that_alembic_migrated_goes_on_without_a_change(empty_database: str) -> None:
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        await pretend_alembic(connection, NEWEST_VERSION)
        before = await tables(connection)
        await migrate(empty_database)
        await check_migrated(empty_database)
        assert await tables(connection) == before


async def test_a_database_that_alembic_migrated_gets_the_migrations_it_is_missing(empty_database: str) -> None:
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        await pretend_alembic(connection, "0006")
        await undo_all_behind_0006(connection)
        await migrate(empty_database)
        assert await current_version(connection) == NEWEST_VERSION
        assert await connection.fetchval("SELECT version_num FROM alembic_version") == "0006"
        assert await connection.fetch("SELECT precondition FROM uploads") == []


async def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(empty_database: str) -> None:
    failing = [
        Migration("0001", "CREATE TABLE first (n int);"),
        Migration("0002", "CREATE TABLE second (n int); SELECT 1 / 0;"),
    ]
    async with connected(empty_database) as connection:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await upgrade(connection, failing)
        assert await current_version(connection) == "0001"
        assert await tables(connection) == ["first", "schema_version"]
        await upgrade(connection, [failing[0], Migration("0002", "CREATE TABLE second (n int);")])
        assert await tables(connection) == ["first", "schema_version", "second"]


async def test_an_index_is_built_concurrently_by_one_of_ten_replicas(empty_database: str) -> None:
    async def replica() -> None:
        async with connected(empty_database) as connection:
            await upgrade(connection, INDEXED)

    async with connected(empty_database) as connection:
        await connection.execute("CREATE TABLE things (n int)")
        await asyncio.gather(*(replica() for _ in range(10)))
        assert await current_version(connection) == "0001"
        assert await connection.fetch(VALID_INDEX) != []


async def test_an_index_that_failed_concurrently_is_built_by_the_next_try(empty_database: str) -> None:
    async with connected(empty_database) as connection:
        await connection.execute("CREATE TABLE things (n int)")
        await connection.execute("INSERT INTO things VALUES (1), (1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            await upgrade(connection, INDEXED)
        assert await current_version(connection) == ""
        await connection.execute("TRUNCATE things")
        await upgrade(connection, INDEXED)
        assert await current_version(connection) == "0001"
        assert await connection.fetch(VALID_INDEX) != []


@pytest.mark.parametrize("migration", MIGRATIONS, ids=[each.version for each in MIGRATIONS])
def test_no_migration_locks_a_table_while_it_builds_an_index(migration: Migration) -> None:
    made = set(re.findall(r"^CREATE TABLE (\w+)", migration.sql, re.MULTILINE))
    indexed = set(re.findall(r"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (\w+)", migration.sql, re.MULTILINE))
    assert indexed <= made, "Build it concurrently, in a file that says -- outside a transaction."


async def test_a_database_from_the_first_migration_gets_valid_indexes(empty_database: str) -> None:
    async with connected(empty_database) as connection:
        await upgrade(connection, MIGRATIONS[:1])
        # As a try leaves it that was killed while it built the index.
        await connection.execute("CREATE INDEX blobs_place_index ON blobs (key)")
    await migrate(empty_database)
    async with connected(empty_database) as connection:
        assert await connection.fetch("SELECT FROM pg_index WHERE NOT indisvalid") == []
        definition = await connection.fetchval("SELECT pg_get_indexdef('blobs_place_index'::regclass)")
        assert '"right"(key, 2), key' in definition


async def test_a_database_without_tables_is_no_catalog(empty_database: str) -> None:
    async with create_pool(empty_database) as pool:
        with pytest.raises(CatalogUnavailableError):
            await PostgresPorts(pool).health.check()


async def test_a_database_that_is_not_there_cannot_be_migrated(postgres: str) -> None:
    with pytest.raises(CatalogUnavailableError):
        await migrate(urlsplit(postgres)._replace(path="/none").geturl())


async def test_tables_of_this_release_pass_the_check_and_others_do_not(empty_database: str) -> None:
    with pytest.raises(CatalogUnavailableError, match="not up to date"):
        await check_migrated(empty_database)
    await migrate(empty_database)
    await check_migrated(empty_database)
    async with connected(empty_database) as connection:
        for version, reason in (("0001", "not up to date"), ("9999", "newer")):
            await connection.execute("UPDATE schema_version SET version = $1", version)
            with pytest.raises(CatalogUnavailableError, match=reason):
                await check_migrated(empty_database)
