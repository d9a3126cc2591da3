"""asyncpg alone: one query for a file's metadata, and one statement that inserts a body and its row."""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import asyncpg

from bench.ceilings.catalog import encode, find
from bench.ceilings.inserts import INSERT, TABLES, values
from bench.ceilings.repeat import Call, repeat
from bench.reporting.samples import Sample

BODY_SIZE = 1024


async def queries(connections: int, seconds: float) -> Sample:
    """Read files of the guides' table one at a time, as JSON, on so many connections."""

    async def prepare(connection: Any) -> Call:
        ids = [row["id"] for row in await connection.fetch("SELECT id FROM files WHERE size = 1024 LIMIT 200")]

        async def read(number: int) -> None:
            encode(await find(connection, ids[number % len(ids)]))

        return read

    return await _on_connections(prepare, connections, seconds)


async def inserts(connections: int, seconds: float) -> Sample:
    """Insert a body of 1 KiB and its row in one statement, which is committed durably, on so many connections."""
    body = random.Random(0).randbytes(BODY_SIZE)

    async def prepare(connection: Any) -> Call:
        statement = await connection.prepare(INSERT)

        async def insert(_: int) -> None:
            await statement.fetchrow(*values(body))

        return insert

    await _make_tables()
    return await _on_connections(prepare, connections, seconds)


async def _on_connections(prepare: Callable[[Any], Awaitable[Call]], connections: int, seconds: float) -> Sample:
    async with AsyncExitStack() as stack:
        opened = [await _connect() for _ in range(connections)]
        for connection in opened:
            stack.push_async_callback(connection.close)
        calls = await asyncio.gather(*map(prepare, opened))
        await repeat(calls, min(seconds, 0.3))  # prepares the statements
        return await repeat(calls, seconds)


async def _make_tables() -> None:
    connection = await _connect()
    try:
        await connection.execute(TABLES)
    finally:
        await connection.close()


async def _connect() -> Any:
    return await asyncpg.connect(os.environ["CEILINGS_DATABASE_URL"])
