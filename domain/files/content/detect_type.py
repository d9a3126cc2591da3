"""Find the content type of a file in its bytes, where neither its sender nor its name tells one."""

from collections.abc import AsyncIterable, AsyncIterator

import msgspec
from msgspec.structs import replace

from domain.blobs.model import Blob
from domain.blobs.ports import BlobStore
from domain.files.model import NewFile
from domain.files.ports import TypeSignatures
from domain.values.media_types import OCTET_STREAM
from domain.values.ranges import ByteRange

# How much of a file its signature is looked for in.
HEAD_BYTES = 4096


class BodyHead(msgspec.Struct, frozen=True):
    """The first bytes of a body, and all of it to read from its beginning. `is_all`: no more follow."""

    head: bytes
    body: AsyncIterable[bytes]
    is_all: bool


class DetectType:
    """Detect the types of files without one: `application/octet-stream` stands for none. Others stay as they are."""

    def __init__(self, signatures: TypeSignatures, blob_store: BlobStore) -> None:
        self._signatures = signatures
        self._blob_store = blob_store

    def by_head(self, new: NewFile, head: bytes) -> NewFile:
        """Return the file with the type that its first bytes show."""
        return replace(new, content_type=self._signatures.type_of(head) or new.content_type)

    def by_content(self, new: NewFile, content: bytes) -> NewFile:
        """Return the file with the type that its bytes show."""
        return new if new.content_type != OCTET_STREAM or not content else self.by_head(new, content[:HEAD_BYTES])

    async def by_blob(self, new: NewFile, blob: Blob) -> NewFile:
        """Return the file with the type that its blob's first bytes show. Raises what `BlobStore.open` does."""
        if blob.content is not None:
            return self.by_content(new, blob.content)
        if new.content_type != OCTET_STREAM or blob.size == 0:
            return new
        async with self._blob_store.open(blob.key, ByteRange(0, min(blob.size, HEAD_BYTES))) as chunks:
            return self.by_head(new, b"".join([chunk async for chunk in chunks]))


async def read_head(body: AsyncIterable[bytes], length: int = HEAD_BYTES) -> BodyHead:
    """Read the first `length` bytes of `body`, up to the end of the chunk that has the last of them."""
    chunks: list[bytes] = []
    size = 0
    rest = aiter(body)
    async for chunk in rest:
        chunks.append(chunk)
        size += len(chunk)
        if size >= length:
            break
    return BodyHead(b"".join(chunks)[:length], _chain(chunks, rest), is_all=size < length)


async def _chain(chunks: list[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while chunks:
        yield chunks.pop(0)
    async for chunk in rest:
        yield chunk
