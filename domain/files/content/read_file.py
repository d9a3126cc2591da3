"""Read a file's bytes."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from domain.access.callers import Caller
from domain.blobs.chunks import AnyChunk, Body, SendableBody
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.ports import BlobStore
from domain.blobs.streams import counted
from domain.buckets.model import Policy
from domain.files.content.find_readable import find_readable
from domain.files.errors import NoSuchFileError
from domain.files.model import Address, File
from domain.files.ports import Files
from domain.values.ranges import ByteRange


class FileContent:
    """A file, the policy of its bucket, and its bytes, ready to be opened any number of times.

    `is_public` says that anybody gets them where the caller got them.
    """

    def __init__(self, file: File, policy: Policy, blob_store: BlobStore, *, is_public: bool = False) -> None:
        self.file = file
        self.policy = policy
        self.is_public = is_public
        self._blob_store = blob_store

    def whole(self) -> Body:
        """Return all bytes; the iteration raises `BlobMissingError` where some are missing."""
        return _counted(self._blob_store.open(self.file.blob_key), self.file.size)

    def part(self, part: ByteRange) -> Body:
        """Return the bytes of a part that lies in the file, on the same terms."""
        return _counted(self._blob_store.open(self.file.blob_key, part), part.length)

    def for_sending(self, part: ByteRange | None = None) -> SendableBody:
        """Return all bytes or a part, on the same terms, in chunks as those of `BlobStore.open_for_sending`."""
        length = self.file.size if part is None else part.length
        return _counted(self._blob_store.open_for_sending(self.file.blob_key, part), length)


class ReadFile:
    """Find a file and make its bytes ready to read. No catalog connection is held while they are read."""

    errors = (NoSuchFileError, BlobMissingError, BlobStoreUnavailableError)

    def __init__(self, files: Files, blob_store: BlobStore) -> None:
        self._files = files
        self._blob_store = blob_store

    async def __call__(self, caller: Caller, address: Address) -> FileContent:
        """Return the file and its bytes. Raises as `find_readable`."""
        found = await find_readable(self._files, caller, address)
        return FileContent(found.file, found.policy, self._blob_store, is_public=found.is_public)


@asynccontextmanager
async def _counted(
    body: AbstractAsyncContextManager[AsyncIterator[AnyChunk]], length: int
) -> AsyncIterator[AsyncIterator[AnyChunk]]:
    async with body as chunks:
        yield counted(chunks, length)
