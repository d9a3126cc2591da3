"""The files of blobs that do not arrive at once: held, put together, and published."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.disk.layout import Layout
from adapters.disk.partial_file import PartialFile
from adapters.disk.threads import SLOWEST_BYTES_PER_SECOND, Threads
from domain.blobs.errors import BlobMissingError

_COPY_SIZE = 256 * 1024**2


class PartialFiles:
    """Runs the calls of `PartialFile` in threads."""

    def __init__(self, layout: Layout, threads: Threads) -> None:
        self._layout = layout
        self._threads = threads

    @asynccontextmanager
    async def held(
        self, key: str, size: int, *, final: str | None = None, shared: bool = False
    ) -> AsyncIterator[tuple[PartialFile, int]]:
        """Hold the temporary file of `key`, with the number of its bytes. It may become the file of another `final`."""
        file = PartialFile(temporary=self._layout.temporary(key), final=self._layout.final(final or key), shared=shared)
        failure: BaseException | None = None
        try:
            yield file, await self._threads.run(file.hold, size)
        except BaseException as error:
            failure = error
            raise
        finally:
            await self._threads.finish(file.release_lock, failure)

    async def copy(self, file: PartialFile, source: Path, *, size: int, to: int, start: int = 0) -> None:
        """Copy `size` bytes of another file, from `start` on, to the offset `to`."""
        for done in range(0, size, _COPY_SIZE):
            length = min(_COPY_SIZE, size - done)
            longer = length / SLOWEST_BYTES_PER_SECOND
            await self._threads.run(file.copy, source, start + done, to + done, length, longer=longer)

    async def publish(self, file: PartialFile, key: str, size: int) -> None:
        """Make the held file that of the blob `key`, unless an earlier call did."""
        if await self.is_published(key, size):
            await self._threads.run(file.discard)
        else:
            await self._threads.run(file.publish, longer=size / SLOWEST_BYTES_PER_SECOND)

    async def is_published(self, key: str, size: int) -> bool:
        """Return whether an earlier call renamed the file, and make the name durable: that call may have failed to."""
        if await self._threads.run(self._layout.size, key) != size:
            return False
        await self._threads.run(self._layout.sync, key)
        return True

    async def size(self, key: str) -> int:
        """Return the size of a blob's file. Raises `BlobMissingError`."""
        size = await self._threads.run(self._layout.size, key)
        if size is None:
            raise BlobMissingError("The file's bytes are missing.")
        return size

    def stored(self, key: str) -> Path:
        """Return the path of a blob's file."""
        return self._layout.final(key)

    def unfinished(self, key: str) -> Path:
        """Return the path of a blob's temporary file."""
        return self._layout.temporary(key)
