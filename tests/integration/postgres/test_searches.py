"""Searches that take long are stopped, and leave connections for all else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import asyncpg
import pytest

from adapters.postgres import Pool, create_pool
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.search.listing import PostgresFileSearch
from domain.audit.model import AuditQuery
from domain.errors import CatalogUnavailableError, QueryTooExpensiveError
from domain.files.search.model import FileQuery
from tests.contracts.setup import stored
from tests.harness.fault_proxy import PostgresProxy, effects
from tests.support.parts.postgres_ports import PostgresPorts

# A limit that every search exceeds that has to wait for a lock.
SECONDS = 0.05
LONG = 60
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


@asynccontextmanager
async def locked(pool: Pool, table: str) -> AsyncIterator[None]:
    """Keep the table from being read, so that whatever reads it takes long."""
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def waiting(pool: Pool) -> int:
    async with pool.connection() as connection:
        count: int = await connection.fetchval(WAITING)
        return count


async def test_a_listing_that_takes_too_long_is_stopped_and_said_to_be_too_expensive(database: str, pool: Pool) -> None:
    file = await stored(PostgresPorts(pool))
    async with create_pool(database, size=1) as searched:
        search = PostgresFileSearch(Database(searched, search_seconds=SECONDS))
        async with searched.connection() as connection:
            backend = connection.get_server_pid()
        async with locked(pool, "files"):
            with pytest.raises(QueryTooExpensiveError):
                await search.list_files(FileQuery())
            with pytest.raises(QueryTooExpensiveError):
                await search.count_files(FileQuery(tags=("a",)))
            assert await waiting(pool) == 0
        assert await PostgresPorts(searched).search.list_files(FileQuery()) == [file]
        async with searched.connection() as connection:
            assert connection.get_server_pid() == backend


@pytest.mark.parametrize("limit", [{"search_seconds": SECONDS}, {"quick_seconds": LONG, "search_seconds": LONG}])
async def test_the_database_may_have_a_shorter_limit_itself(database: str, pool: Pool, limit: dict[str, float]) -> None:
    async with pool.connection() as connection:
        name = urlsplit(database).path.removeprefix("/")
        await connection.execute(f"ALTER DATABASE {name} SET statement_timeout = '50ms'")
    async with create_pool(database, size=1, statement_cache_size=0) as searched, locked(pool, "audit"):
        with pytest.raises(QueryTooExpensiveError):
            await Database(searched, **limit).search("SELECT FROM audit", [])  # type: ignore[arg-type]


async def test_a_search_that_is_not_quick_is_done_in_its_other_form(pool: Pool) -> None:
    async with locked(pool, "files"):
        database = Database(pool, quick_seconds=SECONDS, search_seconds=LONG)
        [row] = await database.search("SELECT $1::int FROM files", [1], otherwise=("SELECT $1::int", [2]))
    assert row[0] == 2


async def test_searches_that_take_long_leave_connections_for_all_else(database: str, pool: Pool) -> None:
    async with create_pool(database, size=2) as searched:
        search = PostgresFileSearch(Database(searched, quick_seconds=SECONDS, search_seconds=LONG, slow_searches=1))
        async with locked(pool, "files"):
            searches = [asyncio.create_task(search.list_files(FileQuery())) for _ in range(6)]
            for _ in range(100):
                await PostgresPorts(searched).health.check()
            assert not any(each.done() for each in searches)
        assert await asyncio.gather(*searches) == [[]] * 6


async def test_searches_that_wait_too_long_for_others_are_too_expensive_themselves(database: str, pool: Pool) -> None:
    async with create_pool(database, size=4) as searched, locked(pool, "files"):
        search = PostgresFileSearch(Database(searched, search_seconds=SECONDS, slow_searches=1))
        results = await asyncio.gather(*(search.list_files(FileQuery()) for _ in range(4)), return_exceptions=True)
    assert {type(each) for each in results} == {QueryTooExpensiveError}


async def test_the_audit_is_searched_within_the_limit_too(database: str, pool: Pool) -> None:
    async with create_pool(database, size=1) as searched, locked(pool, "audit"):
        audit = PostgresPorts(searched, search_seconds=SECONDS).audit
        with pytest.raises(QueryTooExpensiveError):
            await audit.list_entries(AuditQuery(limit=10))


async def test_a_server_that_does_not_answer_is_not_taken_for_an_expensive_search(database: str) -> None:
    async with (
        PostgresProxy(database).listening() as proxy,
        create_pool(proxy.dsn, size=1) as pool,
    ):
        search = PostgresPorts(pool).search
        assert await search.list_files(FileQuery()) == []
        impatient = PostgresFileSearch(Database(pool, search_seconds=SECONDS, cancel_seconds=SECONDS))
        with proxy.fault(effects.swallow), pytest.raises(CatalogUnavailableError):
            await impatient.list_files(FileQuery())
        assert await search.list_files(FileQuery()) == []


async def test_an_error_of_a_search_is_not_taken_for_its_cost(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await Database(pool).search("SELECT FROM nothing", [])
