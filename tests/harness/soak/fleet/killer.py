"""The kills of a soak: their victims and their moments."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from tests.harness.soak.fleet.replica import Replica
from tests.harness.soak.journal import Journal
from tests.harness.soak.options import Options
from tests.harness.soak.report import Report

# Seconds of serving, and of starting, before a kill. A start takes about one.
_SERVING = (0.2, 3.0)
_STARTING = (0.0, 1.5)
_POLL_SECONDS = 0.05
# The share of Postgres's ends after which the server starts it again; after the others it is killed as well.
_RECOVERIES = 0.5

Result = TypeVar("Result")


class Killer:
    """Kills a replica again and again, at moments from the seed, and starts it again each time."""

    def __init__(
        self, victim: Replica, options: Options, report: Report, journal: Journal, *, postgres: Path | None
    ) -> None:
        self._victim = victim
        self._options = options
        self._report = report
        self._journal = journal
        # The data directory whose Postgres is killed too, or None.
        self._postgres = postgres
        self._rng = random.Random(f"{options.seed} killer")
        self._begun = time.monotonic()

    @property
    def is_done(self) -> bool:
        options = self._options
        return (options.kills is not None and self._report.kills.total() >= options.kills) or (
            options.seconds is not None and time.monotonic() - self._begun >= options.seconds
        )

    async def run(self) -> None:
        """Kill until the time or the number of kills is reached; then the victim is up."""
        ways = {"server": 60, "worker": 20, "starting": 12, "postgres": 12 if self._postgres else 0}
        while not self.is_done:
            await self._until_stored()
            await asyncio.sleep(self._rng.uniform(*_SERVING))
            (way,) = self._rng.choices(list(ways), list(ways.values()))
            match way:
                case "worker":
                    if await self._kill("worker", self._victim.kill_worker):
                        continue
                case "postgres":
                    self._kill_postgres()
                    # Meanwhile the server answers 503, and its codes must be true.
                    if self._rng.random() < _RECOVERIES:
                        await self._victim.ready()
                        continue
                    await asyncio.sleep(self._rng.uniform(0, 1))
                    await self._kill("server", self._victim.kill)
                case _:
                    await self._kill("server", self._victim.kill)
            while way == "starting" and not self.is_done:
                await self.kill_starting()
                (way,) = self._rng.choices(["starting", "serving"], [1, 2])
            await self._victim.start()
            self._note("started")

    async def _until_stored(self) -> None:
        """Wait until one more upload is acknowledged, however slow the machine is: there must be something to lose."""
        before = self._report.acknowledged["put"]
        while self._report.acknowledged["put"] == before and not self.is_done:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(_POLL_SECONDS)

    async def kill_starting(self) -> None:
        """Start the victim, and kill it while it starts or soon after."""
        await self._victim.launch()
        await asyncio.sleep(self._rng.uniform(*_STARTING))
        await self._kill("starting", self._victim.kill)

    async def _kill(self, way: str, kill: Callable[[], Awaitable[Result]]) -> Result:
        self._note(way)
        self._report.kills[way] += 1
        return await kill()

    def _kill_postgres(self) -> None:
        assert self._postgres is not None
        self._note("postgres")
        self._victim.expect_end_of_postgres()
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self._postgres / "postgres" / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            self._report.kills["postgres"] += 1

    def _note(self, event: str) -> None:
        self._journal.write("killer", does=event, replica=self._victim.number, generation=self._victim.generation)
