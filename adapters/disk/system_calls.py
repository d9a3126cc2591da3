"""Calls of the operating system that Python has in part, or not at all."""

import ctypes
import os
import sys
from collections.abc import Sequence
from typing import Any

# How much is written to memory before the disk is asked to write it, too.
WRITEBACK_BYTES = 8 * 1024 * 1024
# From Linux: begin to write the pages that have changed, and wait for none of them.
_SYNC_FILE_RANGE_WRITE = 2
# Of buffers in one call, which POSIX lets a system limit.
_MOST_BUFFERS = 1024


def write_all(descriptor: int, chunks: Sequence[bytes | bytearray], offset: int) -> None:
    """Write all of `chunks`, one behind the other, at `offset`."""
    for start in range(0, len(chunks), _MOST_BUFFERS):
        some = chunks[start : start + _MOST_BUFFERS]
        size = sum(map(len, some))
        written = os.pwritev(descriptor, some, offset)
        if written < size:
            # A disk that fills up takes a part of the bytes before it refuses the rest.
            _write_rest(descriptor, b"".join(some), written, offset)
        offset += size


def start_writeback(descriptor: int, offset: int, length: int) -> None:
    """Have the system write now, so that a later sync waits less. Nothing depends on it, and not every system can."""
    if _sync_file_range is not None:
        _sync_file_range(descriptor, offset, length, _SYNC_FILE_RANGE_WRITE)


def _write_rest(descriptor: int, data: bytes, written: int, offset: int) -> None:
    with memoryview(data) as rest:
        while written < len(rest):
            written += os.pwrite(descriptor, rest[written:], offset + written)


def _find_sync_file_range() -> Any:
    if sys.platform != "linux":
        return None
    found = getattr(ctypes.CDLL(None), "sync_file_range", None)  # musl has it, too
    if found is not None:
        found.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)
    return found


_sync_file_range = _find_sync_file_range()
