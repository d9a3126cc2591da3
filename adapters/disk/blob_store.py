"""The blob store in a directory, for one machine."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from anyio.to_thread import run_sync

from adapters.disk.chunks import Chunks
from adapters.disk.errors import disk_errors
from adapters.disk.layout import SHARDS, Layout, sync_directory
from adapters.disk.staged_file import StagedFile
from adapters.disk.stored_file import StoredFile
from adapters.disk.threads import Threads
from adapters.disk.writing import Writers, Writing
from domain.blobs.chunks import AnyChunk, Chunk, FileChunk
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import StoredBlob
from domain.values.ranges import ByteRange

# Threads mostly wait for the disk. Writers have their own, so that a slow fsync delays no reader, and more of them, so
# that a filesystem's journal commits many writes at once.
_READERS = 16
_WRITERS = 32
_TIMEOUT_SECONDS = 30.0


async def open_disk_blob_store(root: Path) -> "DiskBlobStore":
    """Prepare the directory and return the store in it. Raises `BlobStoreUnavailableError`.

    Any number of processes may use one directory. Nothing in it is removed: the reaper removes the orphans of a crash.
    """
    with disk_errors():
        await run_sync(Layout(root).prepare)
    return DiskBlobStore(root)


class DiskBlobStore:
    """Keeps each blob in a file below `root`, whose directories `open_disk_blob_store` has prepared; it makes none.

    Bytes are written to a temporary file on the same filesystem, which is synced, renamed, and its directory synced.
    An upload holds up to 5 MiB of memory, less where there are many, a download 128 KiB, or nothing where the system
    sends it. A small blob is one call in a thread, which it shares with others where many are put.

    No step of a call waits longer than `timeout` seconds for the disk: see `Threads`.
    """

    def __init__(self, root: Path, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        self._layout = Layout(root)
        self._readers = Threads(_READERS, timeout)
        self._writers = Threads(_WRITERS, timeout)
        self._writing = Writers(self._writers)
        # Apart from the writers: health is asked for under load too.
        self._checks = Threads(1, timeout)

    async def admit(self) -> None:
        """Return: only `CircuitBlobStore` remembers that the store is down."""

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:  # noqa: ARG002 - a file needs no hint
        staged = StagedFile(temporary=self._layout.temporary(key), final=self._layout.final(key))
        writing = Writing(self._writing, staged)
        self._writing.count += 1
        try:
            async for chunk in body:
                await writing.add(chunk)
            await writing.publish(staged)
        except BaseException as error:
            await self._writers.finish(staged.discard, error)
            raise
        finally:
            self._writing.count -= 1

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        file = StoredFile(self._layout.final(key), part)
        async with self._open(file, Chunks(partial(self._readers.run, file.read))) as chunks:
            yield chunks

    @asynccontextmanager
    async def open_for_sending(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[Chunk]]:
        file = StoredFile(self._layout.final(key), part)
        async with self._open(file, Chunks(partial(_next_in_file, file, self._readers))) as chunks:
            yield chunks

    @asynccontextmanager
    async def _open(self, file: StoredFile, chunks: Chunks[AnyChunk]) -> AsyncIterator[Chunks[AnyChunk]]:
        failure: BaseException | None = None
        try:
            # No variable here may have the bytes: it would keep them as long as the blob is open.
            if not chunks.begin(await self._readers.run(file.begin)):
                raise BlobMissingError("The file's bytes are missing.")
            yield chunks
        except BaseException as error:
            failure = error
            raise
        finally:
            if not file.closed:
                await self._readers.finish(file.close, failure)

    async def delete(self, keys: Sequence[str]) -> set[str]:
        kept = await self._writers.run(_remove, [self._layout.final(key) for key in keys])
        return {path.name for path in kept}

    async def abort(self, key: str) -> None:
        if await self._writers.run(_remove, [self._layout.temporary(key)]):
            raise BlobStoreUnavailableError("The blob store's disk refuses work.")

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        for shard in SHARDS:
            for key, size in await self._readers.run(self._layout.stored, shard):
                yield StoredBlob(key=key, size=size)

    async def list_unfinished(self) -> AsyncIterator[str]:
        for key in await self._readers.run(self._layout.unfinished):
            yield key

    async def get_size(self, key: str) -> int:
        size = await self._readers.run(self._layout.size, key)
        if size is None:
            raise BlobMissingError("The file's bytes are missing.")
        return size

    async def check(self) -> None:
        await self._checks.run(self._layout.probe)


async def _next_in_file(file: StoredFile, threads: Threads) -> FileChunk | None:
    chunk = file.next_chunk()
    if chunk is not None and not file.is_in_memory(chunk):
        await threads.run(file.load, chunk)
    return chunk


def _remove(paths: Sequence[Path]) -> list[Path]:
    """Remove the files that exist, durably, and return those that could not be removed.

    Synced, though it slows a batch: the caller forgets these blobs, and a file that a crash brings back would be an
    orphan.
    """
    # Directories of files that were missing are synced, too: an earlier try may have ended between removal and sync.
    by_directory: dict[Path, list[Path]] = {}
    for path in paths:
        by_directory.setdefault(path.parent, []).append(path)
    return [path for directory, files in by_directory.items() for path in _remove_in(directory, files)]


def _remove_in(directory: Path, files: Sequence[Path]) -> Sequence[Path]:
    kept: list[Path] = []
    for path in files:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            kept.append(path)
    try:
        # Where the directory is gone (an unmounted disk), its files may come back with it.
        sync_directory(directory)
    except OSError:
        return files
    return kept
