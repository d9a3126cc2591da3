"""The chunks that a blob's bytes are read in."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import msgspec


class FileChunk(msgspec.Struct, frozen=True):
    """A chunk that is not in this process but in an open file: `length` bytes from `offset` on, never none.

    The operating system can send it from there. The file stays open as long as the blob that the chunk is of.
    """

    descriptor: int
    offset: int
    length: int

    def fileno(self) -> int:
        """Return the descriptor of the file, which is not to be closed, and whose position means nothing."""
        return self.descriptor

    def __len__(self) -> int:
        return self.length


class BytesInMemory:
    """Bytes that need no opening, as a body of one chunk, or of none where it is empty."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content

    async def __aenter__(self) -> AsyncIterator[bytes]:
        return self._chunks()

    async def __aexit__(self, *_: object) -> None:
        pass

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self.content:
            yield self.content


Chunk = bytes | FileChunk
AnyChunk = TypeVar("AnyChunk", bound=Chunk)

# Entering it opens the bytes, and leaving it frees them. See `BlobStore.open` and `BlobStore.open_for_sending`.
Body = AbstractAsyncContextManager[AsyncIterator[bytes]]
SendableBody = AbstractAsyncContextManager[AsyncIterator[Chunk]]
