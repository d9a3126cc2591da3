"""The schema is made by migrations, however many replicas start at once."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from adapters.postgres import check_migrated, create_pool, migrate
from adapters.postgres.files.folding import fold_all_names, fold_names
from adapters.postgres.migrate import MIGRATIONS, NEWEST_VERSION
from adapters.postgres.upgrade import Finish, Migration, current_version, upgrade
from domain.access.callers import SYSTEM
from domain.errors import CatalogUnavailableError
from domain.files.names import search_words
from domain.files.search.model import FileQuery
from domain.files.search.where import parse_where
from tests.contracts.setup import stored
from tests.contracts.uploads import begun
from tests.support.parts.postgres_ports import PostgresPorts

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


def finished_by(finish: Finish | None) -> list[Migration]:
    """Return the migrations, the one of folded names with another end."""
    return [each._replace(finish=finish) if each.version == "0012" else each for each in MIGRATIONS]


async def cut_after_two(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    async with connection.transaction():
        await fold_names(connection, 2)
    raise InterruptedError


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
        buckets = await PostgresPorts(pool).buckets.list_buckets(["*"], after=None, limit=10)
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


# What the columns added since then are filled with is no matter of these tests: they stay, and are not added again.
UNDO_0017 = """
DROP TABLE multipart_parts, multipart_uploads, blob_parts;
DROP TABLE audit;
DROP FUNCTION make_audit_partitions, refuse_audit_change;
"""


async def undo_all_behind_0006(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Have the tables as they were after migration 0006."""
    await connection.execute(UNDO_0017)
    await connection.execute("ALTER TABLE uploads DROP COLUMN precondition, DROP COLUMN concat")
    await connection.execute("ALTER TABLE blobs DROP COLUMN crc32")
    await connection.execute("DROP TABLE link_addresses, links")
    await connection.execute("ALTER TABLE uploads DROP COLUMN terms")


async def test_an_upload_that_was_begun_before_conditions_were_kept_has_none(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        upload = await begun(PostgresPorts(pool))
    async with connected(empty_database) as connection:
        await undo_all_behind_0006(connection)
        await connection.execute("UPDATE schema_version SET version = '0006'")
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        assert await PostgresPorts(pool).uploads.get_upload(SYSTEM, upload.id) == upload


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


# The search of names as it was before migration 0012: split at marks, and nothing folded.
OLD_NAMES = ["हिन्दी.txt", "re\u0301sume\u0301.txt", "résumé.txt", "İSTANBUL.txt", "plain.txt"]
UNDO_0012 = """
DROP INDEX files_unfolded_index;
ALTER TABLE files DROP COLUMN folded_from, DROP COLUMN folded_name;
DROP TABLE link_addresses, links;
ALTER TABLE uploads DROP COLUMN terms;
UPDATE schema_version SET version = '0011'
"""
AS_BEFORE = "UPDATE files SET name_words = array_to_tsvector(ARRAY['r', 'sum', 'txt']) WHERE name <> 'plain.txt'"
FOLDED = "SELECT count(*) FROM files WHERE folded_from = name"


async def found(dsn: str, **filters: Any) -> set[str]:
    async with create_pool(dsn) as pool:
        return {file.name for file in await PostgresPorts(pool).search.list_files(FileQuery(**filters))}


async def before_0012(dsn: str) -> None:
    """Migrate the database, store files, and take it back to the release before migration 0012."""
    await migrate(dsn)
    async with create_pool(dsn) as pool:
        for name in OLD_NAMES:
            await stored(PostgresPorts(pool), name=name)
    async with connected(dsn) as connection:
        await connection.execute(UNDO_0017)
        await connection.execute(UNDO_0012)
        await connection.execute(AS_BEFORE)


async def assert_rebuilt(dsn: str) -> None:
    both = {"re\u0301sume\u0301.txt", "résumé.txt"}
    assert await found(dsn, words=search_words("हिन्दी")) == {"हिन्दी.txt"}
    assert await found(dsn, words=search_words("RÉSUMÉ")) == both
    assert await found(dsn, words=search_words("sum")) == set()
    assert await found(dsn, words=search_words("istanbul")) == {"İSTANBUL.txt"}
    assert await found(dsn, words=search_words("plain")) == {"plain.txt"}
    assert await found(dsn, where=parse_where({"name": {"ilike": "RÉSUMÉ%"}})) == both
    assert await found(dsn, where=parse_where({"name": {"ilike": "istanbul%"}})) == {"İSTANBUL.txt"}
    async with connected(dsn) as connection:
        assert await connection.fetchval(FOLDED) == len(OLD_NAMES) - 1


async def test_names_that_are_stored_are_searched_anew(empty_database: str) -> None:
    await before_0012(empty_database)
    await migrate(empty_database)
    await assert_rebuilt(empty_database)


async def test_a_rebuilding_of_names_that_was_cut_goes_on(empty_database: str) -> None:
    await before_0012(empty_database)
    async with connected(empty_database) as connection:
        with pytest.raises(InterruptedError):
            await upgrade(connection, finished_by(cut_after_two))
        assert await connection.fetchval(FOLDED) == 2
        assert await current_version(connection) == "0011"
    await migrate(empty_database)
    await assert_rebuilt(empty_database)


async def test_a_rebuilding_of_names_waits_for_no_change_and_the_reaper_does_the_rest(empty_database: str) -> None:
    await before_0012(empty_database)
    async with connected(empty_database) as connection, connected(empty_database) as other:
        await upgrade(connection, finished_by(None))
        async with other.transaction():
            await other.execute("UPDATE files SET revision = revision + 1 WHERE name = 'résumé.txt'")
            await fold_all_names(connection)
        assert await connection.fetchval(FOLDED) == len(OLD_NAMES) - 2
    async with create_pool(empty_database) as pool:
        files = PostgresPorts(pool).files
        assert [await files.fold_names(limit=10) for _ in range(2)] == [1, 0]
    await assert_rebuilt(empty_database)


async def test_a_file_that_a_release_before_renames_is_folded_by_the_reaper(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        catalog = PostgresPorts(pool)
        file = await stored(catalog, name="É.txt")
        async with pool.connection() as connection:
            rename = "UPDATE files SET name = 'Ö.txt', name_words = array_to_tsvector(ARRAY['txt']) WHERE id = $1"
            await connection.execute(rename, file.id)
        assert await found(empty_database, where=parse_where({"name": {"ilike": "É%"}})) == set()
        assert [await catalog.files.fold_names(limit=10) for _ in range(2)] == [1, 0]
    assert await found(empty_database, where=parse_where({"name": {"ilike": "ö%"}})) == {"Ö.txt"}
    assert await found(empty_database, words=search_words("ö")) == {"Ö.txt"}


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
    made = set(re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", migration.sql, re.MULTILINE))
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
