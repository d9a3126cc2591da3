"""Writing a body to its file: bytes are written in a thread while the next ones arrive."""

from collections.abc import Sequence
from typing import Protocol

from adapters.disk.group_commit import GroupCommit
from adapters.disk.staged_file import StagedFile
from adapters.disk.threads import SLOWEST_BYTES_PER_SECOND, PendingCall, Threads
from domain.blobs.gathered import Gathered, piece_size

# In bytes. Files of more have a call of their own: others would wait for them.
_SMALL_BYTES = 256 * 1024


class Writers:
    """The threads that write, and the `count` of bodies that are being written."""

    def __init__(self, threads: Threads) -> None:
        self.threads = threads
        self.group_commit = GroupCommit(threads)
        self.count = 0


class AppendedFile(Protocol):
    """A file that grows at its end. Its calls block."""

    def append(self, chunks: Sequence[bytes | bytearray]) -> None:
        """Write `chunks` at the end of the file."""
        ...


class Writing:
    """One body on its way to `file`. It has two pieces in memory: one is gathered while the other is written."""

    def __init__(self, writers: Writers, file: AppendedFile) -> None:
        self._writers = writers
        self._file = file
        self._gathered = Gathered()
        self._written = 0
        self._pending: PendingCall[None] | None = None

    async def add(self, chunk: bytes) -> None:
        """Add bytes. Waits where a piece is gathered before the last one is written, and raises that one's error."""
        self._gathered.add(chunk)
        if self._gathered.size >= piece_size(self._writers.count):
            await self._wait()
            gathered, self._gathered = self._gathered, Gathered()
            call = self._writers.threads.start(self._file.append, gathered.chunks)
            if self._written:
                self._pending = call
            else:  # there is a file, which others see, before more is asked of the body
                await call.result()
            self._written += gathered.size

    async def publish(self, file: StagedFile) -> None:
        """Write the rest, and give the file its final name. All of it is durable when this returns."""
        await self._wait()
        if not self._written and self._gathered.size <= _SMALL_BYTES:
            await self._writers.group_commit.publish(file, self._gathered.chunks)
            return
        longer = self._written / SLOWEST_BYTES_PER_SECOND
        await self._writers.threads.run(file.publish, self._gathered.chunks, longer=longer)

    async def write_rest(self) -> None:
        """Write the rest. All of it is in the file when this returns, and nothing is written after it."""
        await self._wait()
        gathered, self._gathered = self._gathered, Gathered()
        await self._writers.threads.run(self._file.append, gathered.chunks)

    async def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            await pending.result()
