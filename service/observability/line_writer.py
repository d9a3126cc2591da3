"""Lines on a stream that several processes share: each line whole, many of them in one call."""

import asyncio
import os
import select
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TextIO

# Up to so many bytes, what one call writes to a pipe stands together (POSIX, `write`): several workers share one.
_TOGETHER_BYTES = select.PIPE_BUF
# How long a line waits for others.
GATHERING_SECONDS = 0.1


class LineWriter:
    """Writes lines to `stream`, in their order.

    Lines are gathered until they fill a call, for `GATHERING_SECONDS` at most, or until one is written at once. A call
    has whole lines only; a line that does not fit into one has a call of its own. What a killed process has gathered
    is lost.
    """

    def __init__(self, stream: TextIO) -> None:
        self._write = _writing(stream)
        # Threads may write as well: each of these calls is one step for them. A lock could be held by a thread that
        # a forked process does not have.
        self._lines: deque[bytes] = deque()
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None

    def gather(self, line: str) -> None:
        """Write a line together with others, at once where no event loop runs."""
        data = line.encode(errors="backslashreplace") + b"\n"
        if self._size + len(data) > _TOGETHER_BYTES:
            self.flush()
        self._lines.append(data)
        self._size += len(data)
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                self.flush()
            else:
                self._timer = loop.call_later(GATHERING_SECONDS, self._flush_late)

    def write(self, line: str) -> None:
        """Write a line, behind those that are gathered, before this returns."""
        self.flush()
        self._write(line.encode(errors="backslashreplace") + b"\n")

    def flush(self) -> None:
        """Write what is gathered."""
        lines = []
        with suppress(IndexError):
            while True:
                lines.append(self._lines.popleft())
        self._size = 0
        if lines:
            self._write(b"".join(lines))

    def _flush_late(self) -> None:
        self._timer = None
        self.flush()


def _writing(stream: TextIO) -> Callable[[bytes], None]:
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):  # it is only in memory

        def write(data: bytes) -> None:
            stream.write(data.decode())
            stream.flush()

        return write
    return lambda data: _write_all(descriptor, data)


def _write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, in one call unless the stream takes less. Nobody is told of a stream that is closed."""
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:
            select.select([], [descriptor], [])
        except OSError:
            # A log that nobody reads any more is no reason to fail what it would tell of.
            return
