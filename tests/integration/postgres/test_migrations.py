"""The schema is made by migrations, however many replicas start at once."""

import asyncio
from urllib.parse import urlsplit

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from adapters.postgres import PostgresCatalog, check_migrated, create_pool, migrate
from adapters.postgres.migrations import HEAD
from adapters.postgres.upgrade import configuration
from domain.errors import CatalogUnavailableError
from tests.contracts.setup import stored
from tests.contracts.uploads import begun


async def test_ten_replicas_may_migrate_at_once(empty_database: str) -> None:
    await asyncio.gather(*(migrate(empty_database) for _ in range(10)))
    async with create_pool(empty_database) as pool:
        buckets = await PostgresCatalog(pool, grace=0).list_buckets(after=None, limit=10)
        assert [bucket.name for bucket in buckets] == ["default"]


def test_the_newest_migration_is_the_one_that_starts_look_for() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


async def test_what_a_newer_release_has_migrated_is_left_as_it_is(empty_database: str) -> None:
    await migrate(empty_database)
    connection = await asyncpg.connect(empty_database)
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await migrate(empty_database)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == "9999"
    await connection.close()


async def test_migrating_again_changes_nothing(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        catalog = PostgresCatalog(pool, grace=0)
        file = await stored(catalog)
        await migrate(empty_database)
        assert await catalog.get_file(file.id) == file


async def test_an_upload_that_was_begun_before_conditions_were_kept_has_none(empty_database: str) -> None:
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        upload = await begun(PostgresCatalog(pool, grace=0))
    connection = await asyncpg.connect(empty_database)
    await connection.execute("ALTER TABLE uploads DROP COLUMN precondition")
    await connection.execute("UPDATE alembic_version SET version_num = '0006'")
    await connection.close()
    await migrate(empty_database)
    async with create_pool(empty_database) as pool:
        assert await PostgresCatalog(pool, grace=0).get_upload(upload.id) == upload


async def test_a_database_without_tables_is_no_catalog(empty_database: str) -> None:
    async with create_pool(empty_database) as pool:
        with pytest.raises(CatalogUnavailableError):
            await PostgresCatalog(pool, grace=0).check()


async def test_a_database_that_is_not_there_cannot_be_migrated(postgres: str) -> None:
    with pytest.raises(CatalogUnavailableError):
        await migrate(urlsplit(postgres)._replace(path="/none").geturl())


async def test_tables_of_this_release_pass_the_check_and_others_do_not(empty_database: str) -> None:
    with pytest.raises(CatalogUnavailableError, match="not up to date"):
        await check_migrated(empty_database)
    await migrate(empty_database)
    await check_migrated(empty_database)
    connection = await asyncpg.connect(empty_database)
    for version, reason in (("0001", "not up to date"), ("9999", "newer")):
        await connection.execute("UPDATE alembic_version SET version_num = $1", version)
        with pytest.raises(CatalogUnavailableError, match=reason):
            await check_migrated(empty_database)
    await connection.close()
