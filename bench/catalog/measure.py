"""Measure one operation after another: its times, what it was refused with, and the plans of its statements."""

import asyncio
import math
import re
import time
from contextlib import suppress
from random import Random
from typing import Any

import asyncpg
import msgspec

from adapters.postgres.files.records import COLUMNS, to_file
from bench.catalog.operations import Asked, Call, operations
from bench.catalog.ports import Ports, Remembering, Statement
from domain.errors import FileportError
from domain.files.model import File

SAMPLE = 1_000
# The driver prepares a statement once, and Postgres may keep one plan for it from its sixth run on.
LEAST_CALLS = 8
_SAMPLE = f"SELECT {COLUMNS} FROM files TABLESAMPLE SYSTEM ($1) REPEATABLE (22) WHERE expires_at IS NULL"  # noqa: S608 - no value is in it
_PLAN_SECONDS = 10
_PLAN_LINES = 25
_PLAN_CHARACTERS = 160
CHANGES = ("batch:", "jobs: begin", "jobs: claim", "jobs: forget", "reaper:")


class Measured(msgspec.Struct, kw_only=True):
    """An operation on a catalog of `files`. Times are in milliseconds, with the adapter's own.

    `pages` are the pages of 8 KiB that its longest statement looked at: however busy the machine is, they are the same.

    `code` is that of the problem it ended with, if it did. `generic` counts its runs with a plan that does not know the
    values, `plan` is that of its longest statement.
    """

    files: int
    operation: str
    p50_ms: float
    p99_ms: float
    calls: int
    pages: int | None = None
    rows: int | None = None
    code: str | None = None
    generic: int = 0
    scans_all_files: bool = False
    plan: list[str] = []


async def measure_all(dsn: str, *, seconds: float, calls: int, only: str = "") -> list[Measured]:
    """Measure each operation for up to so many seconds and calls; six times as long for the first `LEAST_CALLS`."""
    connection = await asyncpg.connect(dsn, server_settings={"statement_timeout": "30s", "timezone": "UTC"})
    await set_codec(connection)
    try:
        files = await connection.fetchval("SELECT sum(files)::bigint FROM bucket_usage")
        sample = await _sample(connection, files)
        results = []
        for name, call in operations(files).items():
            if only in name:
                result = await _measure(connection, files, name, call, sample, seconds=seconds, calls=calls)
                print(
                    f"{name:<50}{result.p50_ms:>10.2f}{result.p99_ms:>10.2f} ms {result.calls:>4} calls "
                    f"{result.code or ''}{' ALL FILES' if result.scans_all_files else ''}",
                    flush=True,
                )
                results.append(result)
        return results
    finally:
        await connection.close()


async def _measure(
    connection: "asyncpg.Connection[asyncpg.Record]",
    files: int,
    name: str,
    call: Call,
    sample: list[File],
    *,
    seconds: float,
    calls: int,
) -> Measured:
    connections = Remembering(connection)
    is_change = name.startswith(CHANGES)
    ports, chance = Ports(connections), Random(name)
    times: list[float] = []
    code, found = None, None
    slowest: tuple[float, list[Statement]] = (0.0, [])
    await _warm_up(connection, ports, call, Asked(sample, chance), is_change=is_change)
    began = time.perf_counter()
    while len(times) < calls and time.perf_counter() - began < seconds * (1 if len(times) >= LEAST_CALLS else 6):
        asked = Asked(sample, chance)
        connections.statements.clear()
        transaction = connection.transaction()
        if is_change:
            await transaction.start()
        at = time.perf_counter()
        try:
            found = await call(ports, asked)
        except FileportError as error:
            code = error.code
        times.append(time.perf_counter() - at)
        if is_change:
            await transaction.rollback()
        slowest = max(slowest, (times[-1], list(connections.statements)), key=lambda each: each[0])
        if code is not None and len(times) >= 2:
            break
    plan = await _plan(connection, slowest[1])
    generic = await connection.fetchval(
        "SELECT coalesce(sum(generic_plans), 0)::bigint FROM pg_prepared_statements WHERE statement = ANY($1::text[])",
        [each.sql for each in slowest[1]],
    )
    times.sort()
    return Measured(
        files=files,
        operation=name,
        p50_ms=round(_percentile(times, 0.5) * 1000, 3),
        p99_ms=round(_percentile(times, 0.99) * 1000, 3),
        calls=len(times),
        pages=pages_of(plan),
        rows=len(found) if isinstance(found, list) else None,
        code=code,
        generic=generic,
        scans_all_files=any("Seq Scan on files" in line for line in plan),
        plan=[line[:_PLAN_CHARACTERS] for line in plan[:_PLAN_LINES]],
    )


async def _warm_up(
    connection: "asyncpg.Connection[asyncpg.Record]", ports: Ports, call: Call, asked: Asked, *, is_change: bool
) -> None:
    """Make the call once, so that none is measured for which a statement is prepared."""
    transaction = connection.transaction()
    if is_change:
        await transaction.start()
    with suppress(FileportError):
        await call(ports, asked)
    if is_change:
        await transaction.rollback()


async def _plan(connection: "asyncpg.Connection[asyncpg.Record]", statements: list[Statement]) -> list[str]:
    """Return the plan, with what it did, of the statement that takes longest."""
    longest: tuple[float, list[str]] = (-1.0, [])
    sql: str = ""
    values: tuple[Any, ...] = ()
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(f"SET LOCAL statement_timeout = '{_PLAN_SECONDS}s'")
        for sql, values, _ in statements:
            if sql.lstrip().upper().startswith(("SET", "LOCK")):
                continue
            rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {sql}", *values)
            lines = [row[0] for row in rows]
            [taken] = [float(line.split()[2]) for line in lines if line.startswith("Execution Time")]
            longest = max(longest, (taken, lines), key=lambda each: each[0])
    except asyncpg.QueryCanceledError:
        await transaction.rollback()
        rows = await connection.fetch(f"EXPLAIN {sql}", *values)
        return [f"Ended after {_PLAN_SECONDS} s:", *(row[0] for row in rows)]
    await transaction.rollback()
    return longest[1]


def pages_of(plan: list[str]) -> int | None:
    """Return the number of pages that a plan with its run tells of, None where it does not."""
    for line in plan:
        if line.strip().startswith("Buffers:"):
            return sum(int(number) for number in re.findall(r"(?:hit|read)=(\d+)", line))
    return None


async def _sample(connection: "asyncpg.Connection[asyncpg.Record]", files: int) -> list[File]:
    percent = min(100.0, 100 * 20 * SAMPLE / files)
    rows = await connection.fetch(_SAMPLE, percent)
    return Random(22).sample(list(map(to_file, rows)), min(SAMPLE, len(rows)))


def _percentile(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, math.ceil(share * len(times)) - 1)]


async def set_codec(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    def encode(value: object) -> bytes:
        return b"\x01" + msgspec.json.encode(value)

    def decode(value: bytes) -> Any:
        return msgspec.json.decode(value[1:])

    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=encode, decoder=decode, format="binary")


def run(dsn: str, *, seconds: float, calls: int, only: str = "") -> list[Measured]:
    """Run `measure_all`."""
    return asyncio.run(measure_all(dsn, seconds=seconds, calls=calls, only=only))
