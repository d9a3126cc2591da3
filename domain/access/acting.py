"""The caller on whose behalf the present task acts, for records of changes.

Nothing is decided by it: use cases are given their caller.
"""

from contextvars import ContextVar

from domain.access.callers import SYSTEM, Caller

acting: ContextVar[Caller] = ContextVar("acting", default=SYSTEM)
