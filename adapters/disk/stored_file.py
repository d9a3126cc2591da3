"""The file of a blob that is read, for use in threads: calls block, unless they say that they do not.

As with `StagedFile`, a cancelled caller may be gone while its thread still works: calls wait for each other, and none
does anything once the file was closed.
"""

import errno
import os
from pathlib import Path
from threading import Lock

from domain.blobs.chunks import FileChunk
from domain.values.ranges import ByteRange

_READ_SIZE = 128 * 1024
# Of a file that the system sends: large enough that a chunk costs next to nothing, small enough to share the loop.
_CHUNK_SIZE = 1024 * 1024
# What is read from the disk while a chunk is sent.
_AHEAD = 4 * _CHUNK_SIZE
# As the system reads ahead by default: where one byte of that is in memory, the others are.
_STRIDE = 128 * 1024


class StoredFile:
    """The file of a blob, or a part of it, read from its beginning. `read` closes it at its end."""

    def __init__(self, path: Path, part: ByteRange | None) -> None:
        self._path = path
        self._part = part
        self._lock = Lock()
        self._descriptor: int | None = None
        self._offset = 0
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
                self._offset, self._left = self._part.start, self._part.length
            return self._read(self._descriptor)

    def read(self) -> bytes:
        """Return the next bytes, none at the end. Raises `OSError` where the file ends before its size."""
        with self._lock:
            if self._descriptor is not None:
                return self._read(self._descriptor)
            if self._left:
                raise OSError(errno.EBADF, "The file was closed.")
            return b""

    def next_chunk(self) -> FileChunk | None:
        """Return the next bytes as they are in the file, None at the end. Does not block."""
        if not self._left or self._descriptor is None:
            return None
        chunk = FileChunk(self._descriptor, self._offset, min(self._left, _CHUNK_SIZE))
        self._advance(chunk.length)
        return chunk

    def is_in_memory(self, chunk: FileChunk) -> bool:
        """Return whether `chunk` can be sent without a wait for the disk, as far as is known. Does not block."""
        if not hasattr(os, "RWF_NOWAIT"):
            return False
        byte = bytearray(1)
        end = chunk.offset + chunk.length
        try:
            return all(
                os.preadv(chunk.descriptor, (byte,), offset, os.RWF_NOWAIT)
                for offset in (*range(chunk.offset, end, _STRIDE), end - 1)
            )
        except OSError:  # not in memory, or not known to the filesystem
            return False

    def load(self, chunk: FileChunk) -> None:
        """Read `chunk` into the system's memory. Raises `OSError` where the file ends before its size."""
        with self._lock:
            if self._descriptor is None:
                raise OSError(errno.EBADF, "The file was closed.")
            end = chunk.offset + chunk.length
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(self._descriptor, chunk.offset, chunk.length + _AHEAD, os.POSIX_FADV_WILLNEED)
            for offset in range(chunk.offset, end, _READ_SIZE):
                wanted = min(_READ_SIZE, end - offset)
                if len(os.pread(self._descriptor, wanted, offset)) < wanted:
                    raise _cut_short()

    def close(self) -> None:
        """Close the descriptor."""
        with self._lock:
            self._close()

    def _read(self, descriptor: int) -> bytes:
        data = os.pread(descriptor, min(self._left, _READ_SIZE), self._offset)
        self._advance(len(data))
        if not self._left:
            self._close()
        elif not data:
            raise _cut_short()
        return data

    def _advance(self, size: int) -> None:
        self._offset += size
        self._left -= size

    def _close(self) -> None:
        self._closed = True
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)


def _cut_short() -> OSError:
    return OSError(errno.EIO, "The file ends before its size.")
