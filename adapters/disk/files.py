"""The files of blobs, for use in threads: every call here blocks.

A cancelled caller may be gone while its thread still works. So each file has a lock: calls wait for each other, and
none does anything once the file was discarded or closed.
"""

import errno
import os
from pathlib import Path
from threading import Lock

from adapters.disk.layout import sync_directory
from domain.values.ranges import ByteRange

_READ_SIZE = 128 * 1024


class StagedFile:
    """A temporary file that becomes the file of a blob, or nothing."""

    def __init__(self, *, temporary: Path, final: Path) -> None:
        self._temporary = temporary
        self._final = final
        self._lock = Lock()
        self._descriptor: int | None = None
        self._ended = False

    def append(self, data: bytes | bytearray) -> None:
        """Write `data` at the end of the file."""
        with self._lock:
            self._write(data)

    def publish(self, data: bytes | bytearray) -> None:
        """Write the last `data` and give the file its final name. Both are durable when it returns.

        Raises `FileExistsError` where that name is taken.
        """
        with self._lock:
            descriptor = self._write(data)
            self._sync(descriptor)
            self._close()
            self._rename()
            sync_directory(self._final.parent)

    def discard(self) -> None:
        """Remove the temporary file. A published one stays."""
        with self._lock:
            self._close()
            self._temporary.unlink(missing_ok=True)

    def _write(self, data: bytes | bytearray) -> int:
        if self._ended:
            raise OSError(errno.EBADF, "The file was discarded.")
        if self._descriptor is None:
            self._descriptor = os.open(self._temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        # A disk that fills up takes a part of the data before it refuses the rest.
        with memoryview(data) as rest:
            written = 0
            while written < len(rest):
                written += os.write(self._descriptor, rest[written:])
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


class StoredFile:
    """The file of a blob, or a part of it, read from its beginning. It closes itself at its end."""

    def __init__(self, path: Path, part: ByteRange | None) -> None:
        self._path = path
        self._part = part
        self._lock = Lock()
        self._descriptor: int | None = None
        self._left = 0
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether its descriptor is closed for good."""
        return self._closed

    def begin(self) -> bytes | None:
        """Open the file and return the first bytes; None where there is no such file, or it ends before the part."""
        with self._lock:
            if self._closed:
                raise OSError(errno.EBADF, "The file was closed.")
            try:
                self._descriptor = os.open(self._path, os.O_RDONLY)
            except FileNotFoundError:
                # Raises where its directory is gone too: then the disk is missing, not this file.
                self._path.parent.stat()
                self._closed = True
                return None
            self._left = os.fstat(self._descriptor).st_size
            if self._part is not None:
                if self._part.end > self._left:
                    self._close()
                    return None
                os.lseek(self._descriptor, self._part.start, os.SEEK_SET)
                self._left = self._part.length
            return self._read(self._descriptor)

    def read(self) -> bytes:
        """Return the next bytes, none at the end. Raises `OSError` where the file ends before its size."""
        with self._lock:
            if self._descriptor is not None:
                return self._read(self._descriptor)
            if self._left:
                raise OSError(errno.EBADF, "The file was closed.")
            return b""

    def close(self) -> None:
        """Close the descriptor."""
        with self._lock:
            self._close()

    def _read(self, descriptor: int) -> bytes:
        data = os.read(descriptor, min(self._left, _READ_SIZE))
        self._left -= len(data)
        if not self._left:
            self._close()
        elif not data:
            raise OSError(errno.EIO, "The file ends before its size.")
        return data

    def _close(self) -> None:
        self._closed = True
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
