"""Blobs in a directory that arrive by several appends."""

from collections.abc import AsyncIterable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from anyio import get_cancelled_exc_class, move_on_after

from adapters.disk.layout import Layout
from adapters.disk.partial_file import PartialFile
from adapters.disk.partial_files import PartialFiles
from adapters.disk.threads import SLOWEST_BYTES_PER_SECOND, PendingCall, Threads
from domain.blobs.errors import BlobMissingError
from domain.blobs.gathered import Gathered, piece_size
from domain.blobs.partials import Checkpoint, InterruptibleBody, Progress
from domain.errors import FileportError

_CHECKPOINT_SIZE = 64 * 1024**2
_THREADS = 32
_TIMEOUT_SECONDS = 30.0
# For the bytes that came before a cancellation.
_LAST_SECONDS = 10


class DiskPartialBlobs:
    """Appends to the temporary file of a blob, in the same directory as `DiskBlobStore`.

    Before each checkpoint the file is synced. A kill leaves bytes behind those of the last checkpoint, which the next
    `append` cuts off; the file is renamed to its final name as it is, once it is complete.

    The file is locked while a call works on it, and the lock ends with its process. So a former caller that still runs
    makes `PartialBusyError`, until it ends. A former caller that comes late finds more bytes than its progress has, and
    calls `checkpoint` before it cuts them off, with the file locked: if that succeeds, no later caller wrote them.

    An append holds up to 5 MiB of memory, less where there are many, a copy none. No step waits longer than `timeout`
    seconds for the disk.
    """

    def __init__(self, root: Path, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        self._threads = Threads(_THREADS, timeout)
        self._files = PartialFiles(Layout(root), self._threads)
        self._appends = 0

    async def begin(self, key: str, *, size: int | None = None) -> Progress:  # noqa: ARG002 - a file needs no hints
        return Progress(size=0, state={})

    async def append(
        self,
        key: str,
        progress: Progress,
        body: AsyncIterable[bytes],
        *,
        size: int | None,  # noqa: ARG002 - likewise
        checkpoint: Checkpoint,
    ) -> Progress:
        try:
            async with self._files.held(key, progress.size) as (file, length):
                if length > progress.size:
                    await checkpoint(progress)
                    await self._threads.run(file.truncate, progress.size)
                appending = _Appending(file, self._threads, progress.size, checkpoint)
                self._appends += 1
                try:
                    return await appending.run(body, lambda: piece_size(self._appends))
                finally:
                    self._appends -= 1
        except BlobMissingError:
            # A former caller gets the same error, too, when the blob is complete.
            await checkpoint(progress)
            raise

    def fence(self, progress: Progress) -> Progress:
        return progress

    async def complete(self, key: str, progress: Progress) -> None:
        try:
            async with self._files.held(key, progress.size) as (file, length):
                if length > progress.size:
                    await self._threads.run(file.truncate, progress.size)
                await self._files.publish(file, key, progress.size)
        except BlobMissingError:
            if not await self._files.is_published(key, progress.size):
                raise

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        sizes = [await self._files.size(source) for source in sources]
        total = sum(sizes)
        async with self._files.held(key, 0) as (file, _):
            await self._threads.run(file.truncate, 0)
            offset = 0
            for source, size in zip(sources, sizes, strict=True):
                await self._files.copy(file, self._files.stored(source), size=size, to=offset)
                offset += size
            await self._files.publish(file, key, total)


class _Appending:
    """One append to the file: a piece is written in a thread while the next one is gathered."""

    def __init__(self, file: PartialFile, threads: Threads, size: int, checkpoint: Checkpoint) -> None:
        self._file = file
        self._threads = threads
        self._checkpoint = checkpoint
        self._gathered = Gathered()
        self._pending: tuple[Gathered, PendingCall[None]] | None = None
        self._written = size
        self._progress = Progress(size=size, state={})

    async def run(self, body: AsyncIterable[bytes], piece: Callable[[], int]) -> Progress:
        interruptible = InterruptibleBody(body)
        try:
            async for chunk in interruptible:
                self._gathered.add(chunk)
                if self._gathered.size >= piece():
                    await self._wait()
                    if self._start() - self._progress.size >= _CHECKPOINT_SIZE:
                        await self._save()
        except get_cancelled_exc_class():
            with move_on_after(_LAST_SECONDS, shield=True), suppress(FileportError):
                await self._write_again()
                await self._save()
            raise
        await self._save()
        if interruptible.failure is not None:
            raise interruptible.failure
        return self._progress

    def _start(self) -> int:
        """Begin to write what is gathered, and return the size of the file after that."""
        gathered, self._gathered = self._gathered, Gathered()
        self._pending = gathered, self._threads.start(self._file.write, self._written, gathered.chunks)
        return self._written + gathered.size

    async def _wait(self) -> None:
        if self._pending is not None:
            gathered, call = self._pending
            await call.result()
            self._pending = None
            self._written += gathered.size

    async def _write_again(self) -> None:
        # Whoever waited for the call was cancelled, and does not know whether it wrote anything.
        if self._pending is not None:
            gathered, _ = self._pending
            self._pending = None
            await self._threads.run(self._file.write, self._written, gathered.chunks)
            self._written += gathered.size

    async def _save(self) -> None:
        await self._wait()
        if self._gathered.size:
            self._start()
            await self._wait()
        fresh = self._written - self._progress.size
        if fresh:
            # The name is durable with the first bytes that are.
            sync = partial(self._file.sync, name=self._progress.size == 0)
            await self._threads.run(sync, longer=fresh / SLOWEST_BYTES_PER_SECOND)
            progress = Progress(size=self._written, state={})
            await self._checkpoint(progress)
            self._progress = progress
