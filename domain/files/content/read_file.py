"""Read a file's bytes."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from domain.access.callers import Caller
from domain.blobs.chunks import AnyChunk, Body, BytesInMemory, SendableBody
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.ports import BlobStore
from domain.blobs.streams import counted
from domain.files.content.find_readable import Readable, find_readable
from domain.files.errors import NoSuchFileError
from domain.files.model import Address
from domain.files.ports import Files
from domain.values.ranges import ByteRange


class FileContent:
    """A file, the policy of its bucket, and its bytes, ready to be opened any number of times.

    `is_public` says that anybody gets them where the caller got them. Those of an inline blob are in memory.
    """

    def __init__(self, found: Readable, blob_store: BlobStore) -> None:
        self.file = found.file
        self.policy = found.policy
        self.is_public = found.is_public
        self._content = found.content
        self._blob_store = blob_store

    def whole(self) -> Body:
        """Return all bytes; the iteration raises `BlobMissingError` where some are missing."""
        if self._content is not None:
            return _in_memory(self._content, self.file.size)
        return _counted(self._blob_store.open(self.file.blob_key), self.file.size)

    def part(self, part: ByteRange) -> Body:
        """Return the bytes of a part that lies in the file, on the same terms."""
        if self._content is not None:
            return _in_memory(self._content[part.start : part.end], part.length)
        return _counted(self._blob_store.open(self.file.blob_key, part), part.length)

    def for_sending(self, part: ByteRange | None = None) -> SendableBody:
        """Return all bytes or a part, on the same terms, in chunks as those of `BlobStore.open_for_sending`."""
        if self._content is not None:
            return self.whole() if part is None else self.part(part)
        length = self.file.size if part is None else part.length
        return _counted(self._blob_store.open_for_sending(self.file.blob_key, part), length)


class ReadFile:
    """Find a file and make its bytes ready to read. No catalog connection is held while they are read."""

    errors = (NoSuchFileError, BlobMissingError, BlobStoreUnavailableError)

    def __init__(self, files: Files, blob_store: BlobStore) -> None:
        self._files = files
        self._blob_store = blob_store

    async def __call__(self, caller: Caller, address: Address, *, with_bytes: bool = True) -> FileContent:
        """Return the file and its bytes, which are not opened where the call is not `with_bytes`.

        Raises as `find_readable`.
        """
        return FileContent(await find_readable(self._files, caller, address, with_content=with_bytes), self._blob_store)


@asynccontextmanager
async def _counted(
    body: AbstractAsyncContextManager[AsyncIterator[AnyChunk]], length: int
) -> AsyncIterator[AsyncIterator[AnyChunk]]:
    async with body as chunks:
        yield counted(chunks, length)


def _in_memory(content: bytes, length: int) -> BytesInMemory:
    if len(content) != length:
        raise BlobMissingError("The bytes in the catalog are not as many as the file's.")
    return BytesInMemory(content)
