"""Bytes that wait in a temporary file, where memory is short."""

import os
from tempfile import TemporaryFile
from threading import Lock


class Spool:
    """A temporary file without a name, which ends with its process. Its calls block, and may come from any thread.

    Raises `OSError` where none can be made.
    """

    def __init__(self) -> None:
        self._file = TemporaryFile(buffering=0)  # noqa: SIM115 - `close` closes it
        # So that the file is not closed under a call whose caller was cancelled.
        self._lock = Lock()
        self.size = 0

    def drain(self, pieces: list[bytes | memoryview]) -> None:
        """Write the pieces behind what there is, and take from the list those that are written.

        Raises `OSError` where the disk takes no more: the rest of the pieces stays in the list.
        """
        with self._lock:
            while pieces:
                view, start = memoryview(pieces[0]), self.size
                while view:
                    written = os.pwrite(self._file.fileno(), view, start)
                    view, start = view[written:], start + written
                self.size = start
                del pieces[0]

    def read(self, start: int, size: int) -> bytes:
        """Return up to `size` bytes from `start` on."""
        with self._lock:
            # Behind its end there may be some of a piece that the disk did not take as a whole.
            return os.pread(self._file.fileno(), min(size, self.size - start), start)

    def close(self) -> None:
        """Give the file back. Idempotent."""
        with self._lock:
            self._file.close()
