"""The file of a blob that arrives by several appends, for use in threads: every call here blocks.

As with `StagedFile`, a cancelled caller may be gone while its thread still works: calls wait for each other, and none
does anything once the file was released.
"""

import errno
import fcntl
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock

from adapters.disk.layout import sync_directory
from adapters.disk.system_calls import start_writeback, write_all
from domain.blobs.errors import BlobMissingError, PartialBusyError

_COPY_SIZE = 1024 * 1024
# The errors of systems and filesystems that cannot copy by themselves, or not between these files.
_NO_COPY = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM})


class PartialFile:
    """A temporary file that grows over many calls, and then becomes the file of a blob.

    One object of all processes holds it at a time, by a lock that ends with its process. Every call needs it, so that
    no write goes into a file that another caller continues, or that has become a blob. Those that are `shared`, which
    write to different places, hold it together, and none that is not with them.
    """

    def __init__(self, *, temporary: Path, final: Path, shared: bool = False) -> None:
        self._temporary = temporary
        self._final = final
        self._how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._lock = Lock()
        self._descriptor: int | None = None
        self._ended = False

    def hold(self, size: int) -> int:
        """Hold the file, a new one where `size` is 0 and there is none, and return how many bytes it has.

        Raises `PartialBusyError` where another holds it, and `BlobMissingError` where it has fewer than `size`.
        """
        with self._lock:
            if self._ended:
                raise OSError(errno.EBADF, "The file was released.")
            while self._descriptor is None:
                self._descriptor = self._open(create=not size)
            length = os.fstat(self._descriptor).st_size
            if length < size:
                raise _missing()
            return length

    def write(self, offset: int, chunks: Sequence[bytes | bytearray]) -> None:
        """Write `chunks` at `offset`. Doing it twice is doing it once."""
        with self._lock:
            write_all(self._held, chunks, offset)
            start_writeback(self._held, offset, sum(map(len, chunks)))

    def copy(self, source: Path, start: int, offset: int, length: int) -> None:
        """Write `length` bytes of another file, from `start` on, at `offset`. Raises `BlobMissingError`."""
        with self._lock:
            try:
                descriptor = os.open(source, os.O_RDONLY)
            except FileNotFoundError:
                raise _missing() from None
            try:
                _copy(descriptor, start, self._held, offset, length)
            finally:
                os.close(descriptor)

    def truncate(self, size: int) -> None:
        """Drop all bytes but the first `size`."""
        with self._lock:
            os.ftruncate(self._held, size)

    def sync(self, *, name: bool) -> None:
        """Make the bytes durable, and where `name` is set the file's name, too."""
        with self._lock:
            self._sync(self._held)
            if name:
                sync_directory(self._temporary.parent)

    def publish(self) -> None:
        """Give the file its final name. It is durable when this returns.

        Raises `FileExistsError` where that name is taken.
        """
        with self._lock:
            self._sync(self._held)
            self._rename()
            sync_directory(self._final.parent)

    def discard(self) -> None:
        """Remove the file."""
        with self._lock:
            if self._descriptor is not None:
                self._temporary.unlink(missing_ok=True)

    def release_lock(self) -> None:
        """Release the lock, for good. The file stays."""
        with self._lock:
            self._ended = True
            self._close()

    @property
    def _held(self) -> int:
        if self._descriptor is None:
            raise OSError(errno.EBADF, "The file is not held.")
        return self._descriptor

    def _open(self, *, create: bool) -> int | None:
        """Return the locked file, or None where it was renamed or removed meanwhile."""
        try:
            descriptor = os.open(self._temporary, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
        except FileNotFoundError:
            # Raises where its directory is gone too: then the disk is missing, not this file.
            self._temporary.parent.stat()
            raise _missing() from None
        try:
            fcntl.flock(descriptor, self._how | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(descriptor), self._temporary.stat()):
                    held, descriptor = descriptor, -1
                    return held
        except BlockingIOError:
            raise PartialBusyError("Another request still sends a part of this.") from None
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return None

    def _sync(self, descriptor: int) -> None:
        os.fsync(descriptor)

    def _rename(self) -> None:
        if self._final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        self._temporary.rename(self._final)

    def _close(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _copy(source: int, start: int, target: int, offset: int, length: int) -> None:
    copied = 0
    while copied < length:
        step = _copy_some(source, start + copied, target, offset + copied, length - copied)
        if not step:
            raise _missing()
        copied += step


def _copy_some(source: int, start: int, target: int, offset: int, length: int) -> int:
    if hasattr(os, "copy_file_range"):
        try:
            return os.copy_file_range(source, target, length, start, offset)
        except OSError as error:
            if error.errno not in _NO_COPY:
                raise
    return os.pwrite(target, os.pread(source, min(length, _COPY_SIZE), start), offset)


def _missing() -> BlobMissingError:
    return BlobMissingError("The file's bytes are missing.")
