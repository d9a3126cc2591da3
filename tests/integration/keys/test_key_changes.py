"""Changes of keys are heard of on a connection of their own, whose loss is noticed."""

import anyio
import asyncpg
import pytest

from adapters.postgres.keys.changes import PostgresKeyChanges
from domain.errors import CatalogUnavailableError
from tests.harness.fault_proxy import PostgresProxy, effects
from tests.integration.keys.test_key_replicas import END_LISTENERS

PROBE_SECONDS = 0.05


async def test_a_line_that_is_dead_without_a_word_is_noticed(database: str) -> None:
    gaps: list[None] = []
    async with PostgresProxy(database).listening() as proxy:
        changes = PostgresKeyChanges(proxy.dsn, probe_seconds=PROBE_SECONDS)
        with proxy.fault(effects.swallow, "SELECT 1") as frozen:
            with pytest.raises(CatalogUnavailableError):
                await changes.watch(lambda _: None, lambda: gaps.append(None))
            assert frozen.met
    assert gaps == [None]


async def test_a_connection_that_postgres_ends_is_noticed(database: str) -> None:
    async def end() -> None:
        connection = await asyncpg.connect(database)
        try:
            await connection.execute(END_LISTENERS)
        finally:
            await connection.close()

    changes = PostgresKeyChanges(database, probe_seconds=PROBE_SECONDS)
    async with anyio.create_task_group() as tasks:
        with pytest.raises(CatalogUnavailableError):
            await changes.watch(lambda _: None, lambda: tasks.start_soon(end))


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    changes = PostgresKeyChanges("postgresql://fileport@127.0.0.1:1/fileport")
    with pytest.raises(CatalogUnavailableError):
        await changes.watch(lambda _: None, lambda: None)


async def test_only_changes_that_are_committed_are_told(database: str) -> None:
    heard: list[str] = []
    told = anyio.Event()

    def hear(access_key_id: str) -> None:
        heard.append(access_key_id)
        if access_key_id == "last":
            told.set()

    async def change() -> None:
        connection = await asyncpg.connect(database)
        try:
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("SELECT pg_notify('fileport_keys', 'undone')")
            await transaction.rollback()
            await connection.execute("SELECT pg_notify('fileport_keys', 'last')")
        finally:
            await connection.close()

    async with anyio.create_task_group() as tasks:
        changes = PostgresKeyChanges(database)
        tasks.start_soon(changes.watch, hear, lambda: tasks.start_soon(change))
        await told.wait()
        tasks.cancel_scope.cancel()
    assert heard == ["last"]
