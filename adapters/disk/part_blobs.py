"""Blobs in a directory that arrive in numbered parts."""

from collections.abc import AsyncIterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from adapters.disk.layout import Layout
from adapters.disk.partial_file import PartialFile
from adapters.disk.partial_files import PartialFiles
from adapters.disk.threads import SLOWEST_BYTES_PER_SECOND, Threads
from adapters.disk.writing import Writers, Writing
from domain.blobs.errors import BlobMissingError, PartialBusyError
from domain.blobs.parts import StoredPart

_THREADS = 32
_TIMEOUT_SECONDS = 30.0


class DiskPartBlobs:
    """Writes each part where it belongs in the temporary file of its blob, in the same directory as `DiskBlobStore`.

    So the file needs nothing but its final name where all parts have one size, but for the last. Other parts have
    files of their own, which are copied to their places; and where some of the places are not wanted, or a former
    writer may still be at work in the file, all parts are copied to another one. The system copies, and no byte where
    its filesystem shares them.

    Writers share a lock on the file, and a join holds it alone: both end with their process.
    """

    only_equal = True

    def __init__(self, root: Path, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        self._threads = Threads(_THREADS, timeout)
        self._files = PartialFiles(Layout(root), self._threads)
        self._writers = Writers(self._threads)

    async def begin(self, key: str) -> Mapping[str, Any]:  # noqa: ARG002 - the first part makes the file
        return {}

    async def put_part(
        self,
        key: str,
        state: Mapping[str, Any],  # noqa: ARG002 - there is none
        number: int,  # noqa: ARG002 - `offset` tells the place
        body: AsyncIterable[bytes],
        *,
        size: int,
        offset: int,
    ) -> str:
        async with self._files.held(key, 0, shared=True) as (file, _):
            writing = Writing(self._writers, _Place(file, offset))
            self._writers.count += 1
            try:
                async for chunk in body:
                    await writing.add(chunk)
                await writing.write_rest()
            finally:
                self._writers.count -= 1
            await self._threads.run(partial(file.sync, name=True), longer=size / SLOWEST_BYTES_PER_SECOND)
        return str(offset)

    async def join(
        self,
        key: str,
        state: Mapping[str, Any],  # noqa: ARG002 - likewise
        parts: Sequence[StoredPart],
        *,
        is_all: bool,
        scratch: str,
    ) -> None:
        size = sum(part.size for part in parts)
        if await self._files.is_published(key, size):
            return
        if is_all and _lie_in_order(parts):
            try:
                await self._join_in_place(key, parts, size)
            except PartialBusyError:
                pass  # a writer that was given up still holds its place
            else:
                return
        await self._copy_all(key, parts, size, scratch)

    async def _join_in_place(self, key: str, parts: Sequence[StoredPart], size: int) -> None:
        async with self._files.held(key, 0) as (file, length):
            offset = 0
            for part in parts:
                if part.key is not None:
                    await self._files.copy(file, self._files.stored(part.key), size=part.size, to=offset)
                elif offset + part.size > length:
                    raise BlobMissingError("Some of the file's bytes are missing.")
                offset += part.size
            await self._threads.run(file.truncate, size)
            await self._files.publish(file, key, size)

    async def _copy_all(self, key: str, parts: Sequence[StoredPart], size: int, scratch: str) -> None:
        async with self._files.held(scratch, 0, final=key) as (file, _):
            await self._threads.run(file.truncate, 0)
            offset = 0
            for part in parts:
                source, start = self._files.unfinished(key), int(part.receipt or 0)
                if part.key is not None:
                    source, start = self._files.stored(part.key), 0
                await self._files.copy(file, source, size=part.size, start=start, to=offset)
                offset += part.size
            await self._files.publish(file, key, size)
        await self._threads.run(partial(self._files.unfinished(key).unlink, missing_ok=True))


class _Place:
    """The place of one part in a file that others share."""

    def __init__(self, file: PartialFile, offset: int) -> None:
        self._file = file
        self._offset = offset

    def append(self, chunks: Sequence[bytes | bytearray]) -> None:
        self._file.write(self._offset, chunks)
        self._offset += sum(map(len, chunks))


def _lie_in_order(parts: Sequence[StoredPart]) -> bool:
    """Return whether each part that is at its place has exactly the parts before it there."""
    offset = 0
    for part in parts:
        if part.key is None and int(part.receipt) != offset:
            return False
        offset += part.size
    return True
