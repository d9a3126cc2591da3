"""A part that all processes of one test run share: the first one that needs it starts it, and stops it as the last."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, TypeVar

import msgspec
import pytest

from tests.support.hangs import leave_unguarded

T = TypeVar("T")


@contextmanager
def shared(
    factory: pytest.TempPathFactory, name: str, kind: type[T], start: Callable[[], AbstractContextManager[T]]
) -> Iterator[T]:
    """Yield the part that runs under this name, or run it. `kind` is the type of what `start` yields: plain values."""
    directory = factory.getbasetemp()
    # That of a process of xdist lies in the run's.
    directory = directory.parent if "PYTEST_XDIST_WORKER" in os.environ else directory
    # The kernel gives back the lock of a process that dies. Whoever uses the part shares the lock, whoever starts or
    # stops it has it alone; another process may come between one and the other.
    with (directory / f"{name}.json").open("a+b") as kept:
        while True:
            fcntl.flock(kept, fcntl.LOCK_SH)
            if known := _read(kept):
                yield msgspec.json.decode(known, type=kind)
                return
            fcntl.flock(kept, fcntl.LOCK_EX)
            if not _read(kept):
                break
        with start() as part:
            kept.write(msgspec.json.encode(part))
            kept.flush()
            fcntl.flock(kept, fcntl.LOCK_SH)
            yield part
            leave_unguarded()  # others may need it for long
            fcntl.flock(kept, fcntl.LOCK_EX)
            kept.truncate(0)


def _read(kept: BinaryIO) -> bytes:
    kept.seek(0)
    return kept.read()
