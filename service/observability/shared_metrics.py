"""The figures that processes share: those of workers through a directory, those of the supervisor through memory.

prometheus_client looks for the directory on import.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_NUMBER = struct.Struct("=Q")


class SharedCounter:
    """A number that one process counts, and those that it forks afterwards read."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Count from 0, without those that have the number already."""
        self._memory = mmap.mmap(-1, _NUMBER.size)

    @property
    def value(self) -> int:
        """How often `add` was called."""
        value: int = _NUMBER.unpack_from(self._memory)[0]
        return value

    def add(self) -> None:
        """Count one more."""
        _NUMBER.pack_into(self._memory, 0, self.value + 1)


# Counted by the supervisor.
WORKER_RESTARTS = SharedCounter()
POSTGRES_RESTARTS = SharedCounter()


@contextmanager
def sharing_metrics(workers: int) -> Iterator[None]:
    """Let as many workers, which are to be started in the context, share their metrics."""
    for counter in (WORKER_RESTARTS, POSTGRES_RESTARTS):
        counter.begin()
    if workers == 1:
        yield
        return
    with TemporaryDirectory(prefix="fileport-metrics-") as directory:
        os.environ[_VARIABLE] = directory
        yield


def are_shared() -> bool:
    """Return whether this worker shares its metrics with others."""
    return _VARIABLE in os.environ


def forget_worker(pid: int) -> None:
    """Let the shared figures no longer show what a worker that has ended was doing. What it counted stays."""
    if are_shared():
        # As prometheus_client's `mark_process_dead`, which only workers import.
        for file in Path(os.environ[_VARIABLE]).glob(f"gauge_live*_{pid}.db"):
            file.unlink()
