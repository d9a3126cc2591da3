"""The heap of the C library."""

import ctypes
import os
from contextlib import suppress

# From malloc.h of glibc.
_M_ARENA_MAX = -8


def share_one_heap() -> None:
    """Have all threads allocate from one heap. Call it before there are others than the first.

    glibc gives each thread of the disk a heap of its own, and memory that is free in one is of no use to the others:
    the chunks of a hundred downloads take three times their size. `MALLOC_ARENA_MAX` says otherwise. Other C libraries
    have no such heaps.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
