"""Connections: few, given back whatever happens, and waited for no longer than is bearable."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import anyio
import asyncpg
import pytest

from adapters.postgres import Pool, create_pool
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import ATTEMPTS, Database, TryAgainError
from domain.access.callers import ROOT
from domain.blobs.model import new_blob_key
from domain.buckets.model import Policy, Usage
from domain.errors import CatalogBusyError, CatalogUnavailableError, InvalidInputError, OutcomeUnknownError
from domain.files.errors import NoSuchFileError
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import reserved, stored, usage
from tests.harness.fault_proxy import Effect, PostgresProxy, effects
from tests.support.factories import NewFileFactory
from tests.support.parts.postgres_ports import PostgresPorts

BREAKS = pytest.mark.parametrize("breaks", [effects.cut, effects.cut_midway, effects.lose_answer])


async def test_five_connections_serve_a_hundred_calls_at_once(database: str) -> None:
    async with create_pool(database, size=5) as pool:
        catalog = PostgresPorts(pool)
        files = await asyncio.gather(*(stored(catalog, size=1) for _ in range(100)))
        assert await asyncio.gather(*(catalog.files.get_file(file.id) for file in files)) == files
        assert await usage(catalog) == Usage(bytes=100, files=100)
        async with pool.connection() as connection:
            activity = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            assert await connection.fetchval(activity) == 5


async def test_an_exhausted_pool_says_so_and_recovers(database: str) -> None:
    async with create_pool(database, size=2, acquire_timeout=1) as pool:
        catalog = PostgresPorts(pool)
        async with AsyncExitStack() as others:
            for _ in range(2):
                await others.enter_async_context(pool.connection())
            with pytest.raises(CatalogBusyError):
                await catalog.health.check()
        for _ in range(4):
            await catalog.health.check()


@pytest.mark.parametrize(
    ("default", "ours"), [("off", "on"), ("local", "on"), ("on", "on"), ("remote_apply", "remote_apply")]
)
async def test_commits_wait_for_the_disk_whatever_the_databases_default(database: str, default: str, ours: str) -> None:
    administrator = await asyncpg.connect(database)
    name = urlsplit(database).path.removeprefix("/")
    await administrator.execute(f"ALTER DATABASE {name} SET synchronous_commit = {default}")
    await administrator.close()
    async with create_pool(database, size=1) as pool, pool.connection() as connection:
        assert await connection.fetchval("SHOW synchronous_commit") == ours


async def test_a_repeated_commit_waits_for_replicas_as_the_first_one_does(pool: Pool) -> None:
    catalog = PostgresPorts(pool)
    blob, new = await reserved(catalog), NewFileFactory.build()
    first = await catalog.files.commit_file(new, blob)
    writer = "SELECT xmin::text FROM blobs WHERE key = $1"
    async with pool.connection() as connection:
        before = await connection.fetchval(writer, blob.key)
        assert await catalog.files.commit_file(new, blob) == first
        # A transaction that wrote nothing waits for nobody.
        assert await connection.fetchval(writer, blob.key) != before


async def test_a_failed_call_gives_its_connection_back(database: str) -> None:
    async with create_pool(database, size=1) as pool:
        catalog = PostgresPorts(pool)
        for _ in range(3):
            with pytest.raises(NoSuchFileError):
                await catalog.files.delete_file(ROOT, uuid4(), NO_PRECONDITION)
            for name in ("\0", "\ud800"):
                with pytest.raises(InvalidInputError):
                    await catalog.files.get_file_by_name("default", name)
        await catalog.health.check()


@pytest.mark.parametrize("way", ["task", "scope"])
async def test_a_cancelled_change_leaves_nothing_and_gives_its_connection_back(database: str, way: str) -> None:
    async with create_pool(database, size=1) as pool, create_pool(database, size=2) as others:
        catalog, observer = PostgresPorts(pool), PostgresPorts(others)
        blob = await reserved(catalog)
        async with others.connection() as connection, connection.transaction():
            await connection.execute("LOCK TABLE files IN EXCLUSIVE MODE")
            if way == "task":
                task = asyncio.create_task(catalog.files.commit_file(NewFileFactory.build(), blob))
                await _until_one_waits(others)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
            else:
                async with anyio.create_task_group() as group:
                    group.start_soon(catalog.files.commit_file, NewFileFactory.build(), blob)
                    await _until_one_waits(others)
                    group.cancel_scope.cancel()
        await catalog.health.check()
        assert await usage(observer) == Usage()
        assert await observer.blob_records.renew_leases([blob.key], lease=60) == {blob.key}


async def _until_one_waits(pool: Pool) -> None:
    waiting = """
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
    """
    async with pool.connection() as connection:
        while not await connection.fetchval(waiting):
            await anyio.lowlevel.checkpoint()


async def test_a_lost_connection_fails_one_call_and_is_replaced(database: str) -> None:
    async with create_pool(database, size=1) as pool:
        catalog = PostgresPorts(pool)
        with pytest.raises(CatalogUnavailableError):
            await Database(pool).read("SELECT pg_terminate_backend(pg_backend_pid())")
        await catalog.health.check()


async def test_a_transaction_that_loses_its_connection_has_not_happened(database: str) -> None:
    async def insert_and_lose(connection: Connection) -> None:
        await connection.execute("INSERT INTO buckets (name, public) VALUES ('songs', false)")
        await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async with create_pool(database, size=1) as pool:
        with pytest.raises(CatalogUnavailableError):
            await Database(pool).transact(insert_and_lose)
        buckets = await PostgresPorts(pool).buckets.list_buckets(["*"], after=None, limit=10)
        assert [bucket.name for bucket in buckets] == ["default"]


@BREAKS
async def test_a_commit_that_is_cut_off_is_settled_by_repeating_it(database: str, breaks: Effect) -> None:
    async with PostgresProxy(database).listening() as proxy, create_pool(proxy.dsn, size=1) as pool:
        catalog = PostgresPorts(pool)
        new, blob = NewFileFactory.build(), await reserved(catalog, size=7)
        with proxy.fault(breaks, "INSERT INTO files"), pytest.raises(OutcomeUnknownError):
            await catalog.files.commit_file(new, blob)
        result = await catalog.files.commit_file(new, blob)
        assert result.created
        assert await catalog.files.get_file_by_name(new.bucket, new.name) == result.file
        assert await usage(catalog) == Usage(bytes=7, files=1)


@BREAKS
async def test_a_single_statement_that_is_cut_off_may_have_happened(database: str, breaks: Effect) -> None:
    async with PostgresProxy(database).listening() as proxy, create_pool(proxy.dsn, size=1) as pool:
        catalog = PostgresPorts(pool)
        key = new_blob_key()
        with proxy.fault(breaks, "INSERT INTO blobs"), pytest.raises(OutcomeUnknownError):
            await catalog.blob_records.reserve_blobs([key], lease=60)
        assert (key in await catalog.integrity.get_blob_records([key])) == (breaks is effects.lose_answer)


@BREAKS
async def test_a_read_that_is_cut_off_only_failed(database: str, breaks: Effect) -> None:
    async with PostgresProxy(database).listening() as proxy, create_pool(proxy.dsn, size=1) as pool:
        catalog = PostgresPorts(pool)
        with proxy.fault(breaks, "FROM buckets"), pytest.raises(CatalogUnavailableError):
            await catalog.buckets.get_bucket("default")
        await catalog.buckets.get_bucket("default")


async def test_a_line_that_swallows_everything_is_given_up_and_recovers(database: str) -> None:
    async with (
        PostgresProxy(database).listening() as proxy,
        create_pool(proxy.dsn, size=1, acquire_timeout=3, connect_timeout=3, command_timeout=3) as pool,
    ):
        catalog = PostgresPorts(pool)
        new, blob = NewFileFactory.build(), await reserved(catalog)
        with proxy.fault(effects.swallow_answer, "INSERT INTO files|cancel"), pytest.raises(OutcomeUnknownError):
            await catalog.files.commit_file(new, blob)
        with proxy.fault(effects.swallow):
            for _ in range(2):
                with pytest.raises(CatalogUnavailableError):
                    await catalog.health.check()
        assert (await catalog.files.commit_file(new, blob)).file == await catalog.files.get_file_by_name(
            new.bucket, new.name
        )


async def test_a_database_that_is_not_there_shows_at_the_start(postgres: str) -> None:
    with pytest.raises(CatalogUnavailableError):
        async with create_pool(urlsplit(postgres)._replace(path="/none").geturl()):
            pass


async def test_a_server_that_is_not_there_shows_at_the_start(unused_tcp_port: int) -> None:
    with pytest.raises(CatalogUnavailableError):
        async with create_pool(f"postgresql://postgres@127.0.0.1:{unused_tcp_port}/fileport"):
            pass


async def test_a_wrong_password_shows_at_the_start(postgres_container: str) -> None:
    parts = urlsplit(postgres_container)
    wrong = parts._replace(netloc=f"{parts.username}:wrong@{parts.hostname}:{parts.port}")
    with pytest.raises(CatalogUnavailableError):
        async with create_pool(wrong.geturl()):
            pass


@pytest.mark.parametrize("query", ["sslmode=bogus", "sslmode=verify-full&sslrootcert=/no/such/file"])
async def test_a_dsn_that_means_nothing_shows_at_the_start(query: str) -> None:
    with pytest.raises(CatalogUnavailableError):
        async with create_pool(f"postgresql://postgres@127.0.0.1:1/fileport?{query}"):
            pass


async def test_a_pool_behind_a_pooler_prepares_no_statements(database: str) -> None:
    async with create_pool(database, size=1, statement_cache_size=0) as pool:
        catalog = PostgresPorts(pool)
        await catalog.files.get_file((await stored(catalog)).id)
        async with pool.connection() as connection:
            names = await connection.fetch("SELECT name FROM pg_prepared_statements WHERE name <> ''")
            assert [row["name"] for row in names if not row["name"].startswith("__asyncpg")] == []


async def test_what_the_server_calls_a_bug_is_one(pool: Pool) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await Database(pool).read("SELECT FROM nothing")


async def test_a_deadlock_is_resolved_by_running_one_again(pool: Pool) -> None:
    catalog, database = PostgresPorts(pool), Database(pool)
    for name in ("one", "two"):
        await catalog.buckets.put_bucket(name, Policy())
    both_hold = asyncio.Barrier(2)
    runs: list[str] = []

    async def lock_both(connection: Connection, first: str, second: str) -> None:
        await connection.execute("UPDATE buckets SET public = true WHERE name = $1", first)
        runs.append(first)
        if runs.count(first) == 1:
            await both_hold.wait()
        await connection.execute("UPDATE buckets SET public = true WHERE name = $1", second)

    await asyncio.gather(
        database.transact(lock_both, "one", "two"),
        database.transact(lock_both, "two", "one"),
    )
    assert len(runs) == 3


async def test_a_change_that_always_loses_gives_up(pool: Pool) -> None:
    runs = 0

    async def lose(_: Connection) -> None:
        nonlocal runs
        runs += 1
        raise TryAgainError

    with pytest.raises(CatalogBusyError):
        await Database(pool).transact(lose)
    assert runs == ATTEMPTS


async def test_a_pool_that_is_closed_serves_no_more(database: str) -> None:
    async with create_pool(database) as pool:
        catalog = PostgresPorts(pool)
    with pytest.raises(CatalogUnavailableError):
        await catalog.health.check()


async def test_a_transaction_that_is_cancelled_as_it_begins_leaves_none_open(database: str) -> None:
    class One:
        """Lends one connection, at once."""

        @asynccontextmanager
        async def connection(self) -> AsyncIterator[Connection]:
            yield only

    async def work(_: Connection) -> None:
        raise AssertionError("It is cancelled before.")

    only = await asyncpg.connect(database)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await Database(One()).transact(work)
    assert only.is_closed()
