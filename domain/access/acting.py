"""The caller on whose behalf the present task acts, for records of changes.

Nothing is decided by it: use cases are given their caller.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from domain.access.callers import SYSTEM, Caller

acting: ContextVar[Caller] = ContextVar("acting", default=SYSTEM)


@contextmanager
def acting_as(caller: Caller) -> Iterator[None]:
    """Act on behalf of the caller until the context ends."""
    before = acting.set(caller)
    try:
        yield
    finally:
        acting.reset(before)
