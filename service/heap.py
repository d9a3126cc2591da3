"""The heap of the C library, and the objects in it."""

import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module

import anyio

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


def share_with_forks(*modules: str) -> None:
    """Import these modules, and have processes forked from now on share the memory of all that is in use.

    A collection of garbage would write to each object.
    """
    for module in modules:
        import_module(module)
    gc.collect()
    trim_heap()
    gc.freeze()


async def trim_forever(is_idle: Callable[[], bool], *, interval: float) -> None:
    """Every `interval` seconds, where the process is idle, give free memory back to the operating system."""
    while True:
        await anyio.sleep(interval)
        if is_idle():
            trim_heap()


def trim_heap() -> None:
    """Give free memory back to the operating system, where the C library can.

    glibc keeps memory that is free between pieces in use: after a load, twice as much as the process needs at rest.
    """
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
