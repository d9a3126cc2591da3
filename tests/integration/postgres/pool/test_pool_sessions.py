"""Sessions of the pool: lent in turn, quiet when they are lent, and not kept for ever."""

import asyncio

import anyio
import pytest

from adapters.postgres import create_pool
from adapters.postgres.database import pool as pool_module
from adapters.postgres.database.connections import Connection
from tests.support.loop_clock import LoopClock

_PID = "SELECT pg_backend_pid()"


async def test_a_transaction_that_is_left_open_is_rolled_back(database: str) -> None:
    async with create_pool(database, size=1) as pool:
        async with pool.connection() as connection:
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO buckets (name, public) VALUES ('songs', false)")
        async with pool.connection() as connection:
            assert not connection.is_in_transaction()
            assert await connection.fetchval("SELECT count(*) FROM buckets") == 1


async def test_a_statement_that_is_given_up_has_ended_before_its_connection_is_lent_again(database: str) -> None:
    pids = []
    async with create_pool(database, size=1) as pool:
        with anyio.CancelScope() as scope:
            async with pool.connection() as connection:
                pids.append(await connection.fetchval(_PID))
                scope.deadline = anyio.current_time() + 0.01
                await connection.fetchval("SELECT pg_sleep(60)")
        async with pool.connection() as connection:
            pids.append(await connection.fetchval(_PID))
    assert scope.cancelled_caught
    assert pids[0] == pids[1]


async def test_callers_that_wait_are_served_in_their_order(database: str) -> None:
    served: list[int] = []

    async with create_pool(database, size=1) as pool:

        async def use(number: int) -> None:
            async with pool.connection():
                served.append(number)

        async with anyio.create_task_group() as group, pool.connection():
            for number in range(5):
                group.start_soon(use, number)
                await anyio.lowlevel.checkpoint()
            assert served == []
        assert served == [0, 1, 2, 3, 4]


async def test_a_caller_that_is_cancelled_as_it_is_served_passes_the_connection_on(database: str) -> None:
    async with create_pool(database, size=1, acquire_timeout=60) as pool:

        async def use() -> int:
            async with pool.connection() as connection:
                pid: int = await connection.fetchval(_PID)
                return pid

        async with pool.connection():
            first, second = asyncio.create_task(use()), asyncio.create_task(use())
            await asyncio.sleep(0)
        # The connection is the first one's by now, which has not run since.
        first.cancel()
        assert await second
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await use()


async def test_a_session_that_was_used_often_is_replaced(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "MAX_USES", 3)
    pids = []
    async with create_pool(database, size=1) as pool:  # which is the first use
        for _ in range(5):
            async with pool.connection() as connection:
                pids.append(await connection.fetchval(_PID))
    assert [pids.index(pid) for pid in pids] == [0, 0, 2, 2, 2]


async def test_sessions_that_nobody_uses_are_closed(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = LoopClock(monkeypatch)
    async with create_pool(database, size=3) as pool:
        async with pool.connection() as one, pool.connection() as other:
            idle = [one, other]
        async with clock.running():
            while not all(each.is_closed() for each in idle):
                await anyio.lowlevel.checkpoint()
        async with pool.connection() as connection:
            assert connection not in idle


async def test_a_pool_closes_once_all_connections_are_back(database: str) -> None:
    opened = asyncio.Event()

    async def use(connections: list[Connection]) -> None:
        async with pool.connection() as connection:
            connections.append(connection)
            opened.set()
            await connection.fetchval(_PID)

    used: list[Connection] = []
    async with anyio.create_task_group() as group:
        async with create_pool(database, size=2) as pool:
            group.start_soon(use, used)
            await opened.wait()
        assert used[0].is_closed()
