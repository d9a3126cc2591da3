"""The file of a blob that is written, for use in threads: every call here blocks.

A cancelled caller may be gone while its thread still works. So the file has a lock: calls wait for each other, and
none does anything once it was discarded.
"""

import errno
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

from adapters.disk.layout import sync_directory
from adapters.disk.system_calls import WRITEBACK_BYTES, start_writeback, write_all


class StagedFile:
    """A temporary file that becomes the file of a blob, or nothing."""

    def __init__(self, *, temporary: Path, final: Path) -> None:
        self._temporary = temporary
        self._final = final
        self.directory = final.parent
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
            sync_directory(self.directory)

    def stage(self, chunks: Sequence[bytes | bytearray]) -> None:
        """Write all of the file; the disk begins to."""
        with self._lock:
            start_writeback(self._write(chunks), 0, self._size)

    def sync(self) -> None:
        """Make what was staged durable."""
        with self._lock:
            if self._descriptor is None:
                raise _discarded()
            descriptor, self._descriptor = self._descriptor, None
            try:
                self._sync(descriptor)
            finally:
                os.close(descriptor)

    def rename(self) -> None:
        """Give what was synced its final name, durable once `directory` is synced. Raises as `publish` does."""
        with self._lock:
            if self._ended:
                raise _discarded()
            self._ended = True
            self._rename()

    def discard(self) -> None:
        """Remove the temporary file. A published one stays."""
        with self._lock:
            self._close()
            self._temporary.unlink(missing_ok=True)

    def _write(self, chunks: Sequence[bytes | bytearray]) -> int:
        if self._ended:
            raise _discarded()
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


def publish_all(files: Sequence[tuple[StagedFile, Sequence[bytes | bytearray]]]) -> list[OSError | None]:
    """Publish each file, whose bytes are all of it, as `StagedFile.publish` does, and return their errors.

    A step is made for all of them before the next one, so that a commit of the filesystem's journal serves many.
    """
    errors: list[OSError | None] = [None] * len(files)

    def step(call: Callable[[StagedFile, Sequence[bytes | bytearray]], None]) -> None:
        for index, (file, chunks) in enumerate(files):
            if errors[index] is None:
                try:
                    call(file, chunks)
                except OSError as error:
                    errors[index] = error

    step(StagedFile.stage)
    step(lambda file, _: file.sync())
    step(lambda file, _: file.rename())
    failures: dict[Path, OSError | None] = {}
    for index, (file, _) in enumerate(files):
        if errors[index] is None:
            if file.directory not in failures:
                failures[file.directory] = _sync_directory(file.directory)
            errors[index] = failures[file.directory]
    return errors


def _sync_directory(directory: Path) -> OSError | None:
    try:
        sync_directory(directory)
    except OSError as error:
        return error
    return None


def _discarded() -> OSError:
    return OSError(errno.EBADF, "The file was discarded.")
