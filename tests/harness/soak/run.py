"""A soak from beginning to end."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import msgspec

from domain.errors import FileportError
from tests.harness.soak.checks import Checks
from tests.harness.soak.clients.client import Client
from tests.harness.soak.clients.contents import Contents
from tests.harness.soak.clients.contested import Register
from tests.harness.soak.fleet.killer import Killer
from tests.harness.soak.fleet.replica import Fleet, Replica
from tests.harness.soak.journal import Journal
from tests.harness.soak.options import Options
from tests.harness.soak.report import Report
from tests.support.parts.stacks import Stack

_CONTESTED_NAMES = 4
_PROGRESS_SECONDS = 30


async def soak(stack: Stack, directory: Path, options: Options, *, postgres: Path | None = None) -> Report:
    """Run a soak on an empty `stack` and return its report. Raises `ViolationError` at the first broken promise.

    The journal and the servers' logs go to `directory`, and after a violation the content of the catalog and the store.
    `postgres` is the embedded stack's data directory. No server runs any more when this returns or raises.
    """
    report = Report(seed=options.seed)
    logs = directory / "logs"
    logs.mkdir()
    begun = time.monotonic()
    environ = {**stack.environ, **options.environ()}
    fleet = Fleet([Replica(number, environ, logs) for number in range(options.replicas)])
    with Journal(directory / "journal.jsonl") as journal:
        journal.write("soak", options=msgspec.structs.asdict(options))
        try:
            await _run(stack, fleet, options, report, journal, postgres)
        except BaseException as error:
            journal.write("end", violation=repr(error))
            await fleet.discard()
            await _keep_evidence(stack, directory)
            raise
        finally:
            report.seconds = time.monotonic() - begun
        journal.write("end", report=msgspec.to_builtins(report))
    return report


async def _run(
    stack: Stack, fleet: Fleet, options: Options, report: Report, journal: Journal, postgres: Path | None
) -> None:
    victim = fleet.replicas[0]
    killer = Killer(victim, options, report, journal, postgres=postgres if options.kills_postgres else None)
    contents = Contents(options.seed)
    registers = [Register(f"contested-{number}") for number in range(_CONTESTED_NAMES)]
    if options.kills_first_start:
        await killer.kill_starting()
    await asyncio.gather(*(replica.start() for replica in fleet.replicas))
    clients = [
        Client(number, options.seed, fleet, contents, registers, report, journal) for number in range(options.clients)
    ]
    try:
        await clients[0].put_shared_buckets()
        stopping = asyncio.Event()
        progress = asyncio.create_task(_show_progress(report))
        try:
            await _run_together([_then(killer.run, stopping), *(client.run(stopping) for client in clients)])
        finally:
            progress.cancel()
        # From here on no server is killed, and all of them answer.
        await asyncio.gather(*(replica.stop() for replica in fleet.replicas))
        await victim.start()
        await Checks(clients, registers, stack, options, report).run()
        await victim.stop()
    finally:
        for client in clients:
            await client.api.close()


async def _then(run: Callable[[], Awaitable[None]], done: asyncio.Event) -> None:
    await run()
    done.set()


async def _run_together(coroutines: list[Awaitable[None]]) -> None:
    """Run all of them; the first error ends the others and is raised without its group."""
    try:
        async with asyncio.TaskGroup() as group:
            for each in coroutines:
                group.create_task(_as_coroutine(each))
    except BaseExceptionGroup as group_error:
        raise group_error.exceptions[0] from None


async def _as_coroutine(awaitable: Awaitable[None]) -> None:
    await awaitable


async def _show_progress(report: Report) -> None:
    begun = time.monotonic()
    while True:
        await asyncio.sleep(_PROGRESS_SECONDS)
        sys.stderr.write(
            f"{time.monotonic() - begun:.0f} s: {report.kills.total()} kills, "
            f"{report.acknowledged.total()} acknowledged, {report.unknown.total()} unknown\n"
        )


async def _keep_evidence(stack: Stack, directory: Path) -> None:
    """Write the content of the catalog and the store into a file, as far as they answer."""
    try:
        connection = await asyncpg.connect(stack.database_url())
        try:
            tables = {
                table: [dict(row) for row in await connection.fetch(f"SELECT * FROM {table}")]  # noqa: S608 - ours
                for table in ("buckets", "bucket_usage", "blobs", "files")
            }
        finally:
            await connection.close()
        evidence = {"tables": tables, "stored": sorted(await stack.blobs())}
        (directory / "evidence.json").write_bytes(msgspec.json.encode(evidence, enc_hook=str))
    except (OSError, asyncpg.PostgresError, FileportError) as error:
        (directory / "evidence.json").write_text(f"The catalog does not answer: {error}")
