"""The file of a blob that is written, for use in threads: every call here blocks.

A cancelled caller may be gone while its thread still works. So the file has a lock: calls wait for each other, and
none does anything once it was discarded.
"""

import errno
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from adapters.disk.layout import sync_directory
from adapters.disk.system_calls import WRITEBACK_BYTES, start_writeback, write_all


class StagedFile:
    """A temporary file that becomes the file of a blob, or nothing."""

    def __init__(self, *, temporary: Path, final: Path) -> None:
        self._temporary = temporary
        self._final = final
        self._lock = Lock()
        self._descriptor: int | None = None
        self._ended = False
        self._size = 0
        self._written_back = 0

    def append(self, chunks: Sequence[bytes | bytearray]) -> None:
        """Write `chunks` at the end of the file."""
        with self._lock:
            self._write(chunks)

    def publish(self, chunks: Sequence[bytes | bytearray]) -> None:
        """Write the last `chunks` and give the file its final name. Both are durable when it returns.

        Raises `FileExistsError` where that name is taken.
        """
        with self._lock:
            descriptor = self._write(chunks)
            self._sync(descriptor)
            self._close()
            self._rename()
            sync_directory(self._final.parent)

    def discard(self) -> None:
        """Remove the temporary file. A published one stays."""
        with self._lock:
            self._close()
            self._temporary.unlink(missing_ok=True)

    def _write(self, chunks: Sequence[bytes | bytearray]) -> int:
        if self._ended:
            raise OSError(errno.EBADF, "The file was discarded.")
        if self._descriptor is None:
            self._descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        write_all(self._descriptor, chunks, self._size)
        self._size += sum(map(len, chunks))
        if self._size - self._written_back >= WRITEBACK_BYTES:
            start_writeback(self._descriptor, self._written_back, self._size - self._written_back)
            self._written_back = self._size
        return self._descriptor

    def _sync(self, descriptor: int) -> None:
        # Once: the system forgets the pages that it could not write, and a second call would succeed without them.
        os.fsync(descriptor)

    def _rename(self) -> None:
        if self._final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self._temporary.rename(self._final)

    def _close(self) -> None:
        self._ended = True
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
