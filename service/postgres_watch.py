"""The watch over the embedded Postgres: it is started again where it has ended, a bounded number of times in a row."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import structlog

from domain.errors import FileportError
from service.observability.shared_metrics import POSTGRES_RESTARTS
from service.server.restarts import Restarts

log = structlog.get_logger()

# With their pauses two minutes in all: as long as processes of a killed server remain, another one does not start.
MOST_RESTARTS = 10


class Postgres(Protocol):
    """The server to watch, which was started."""

    @property
    def path(self) -> Path: ...

    def is_running(self) -> bool: ...

    def answers(self) -> bool: ...

    def start_again(self) -> None: ...


class PostgresWatch:
    """To be called every second. It does not wait for a recovery."""

    def __init__(self, postgres: Postgres, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._postgres = postgres
        self._clock = clock
        self._restarts = Restarts(most=MOST_RESTARTS, clock=clock)
        self._due: float | None = None
        self._is_recovering = False

    def __call__(self) -> bool:
        """Start Postgres again where it has ended. Return False once that has been of no use too often."""
        if self._postgres.is_running():
            self._note_recovery()
        elif self._due is None:
            return self._schedule()
        elif self._due <= self._clock():
            self._start_again()
        return True

    def _schedule(self) -> bool:
        pause = self._restarts.next_pause()
        logs = f"{self._postgres.path / 'startup.log'}, {self._postgres.path / 'log'}"
        if pause is None:
            log.error("the embedded Postgres ended too often, so the server ends", restarts=MOST_RESTARTS, logs=logs)
            return False
        log.error("the embedded Postgres ended", starts_again_after=pause, logs=logs)
        self._due = self._clock() + pause
        return True

    def _start_again(self) -> None:
        self._due = None
        self._is_recovering = True
        POSTGRES_RESTARTS.add()
        try:
            self._postgres.start_again()
        except (FileportError, OSError) as error:
            log.error("the embedded Postgres cannot be started", reason=str(error))  # noqa: TRY400 - a traceback adds nothing

    def _note_recovery(self) -> None:
        self._due = None
        if self._is_recovering and self._postgres.answers():
            self._is_recovering = False
            log.warning("the embedded Postgres runs again")
