"""The bytes of an archive's members."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from domain.archives.batches import CONCURRENCY
from domain.archives.model import Extract
from domain.blobs.errors import BlobMissingError
from domain.blobs.model import is_inline
from domain.blobs.ports import BlobRecords, BlobStore
from domain.blobs.streams import counted, map_concurrently
from domain.values.ranges import ByteRange


class MemberBytes:
    """Opens and reads the bytes of members, which are in the blob store, or inline."""

    def __init__(self, blob_records: BlobRecords, blob_store: BlobStore) -> None:
        self._blob_records = blob_records
        self._blob_store = blob_store

    @asynccontextmanager
    async def open(self, extract: Extract) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open one that is in the blob store."""
        async with self._blob_store.open(extract.member.blob_key, extract.part) as chunks:
            yield counted(chunks, extract.size)

    async def read(self, batch: Sequence[Extract]) -> dict[UUID, bytes]:
        """Read small ones, by the ids of their members: inline ones by one query, and a few of the others at once."""
        inline = [each for each in batch if is_inline(each.member.blob_key)]
        found = await self._read_inline(inline) if inline else {}
        stored = [each for each in batch if each.member.id not in found]
        return found | dict(await map_concurrently(self._read_stored, stored, concurrency=CONCURRENCY))

    async def _read_inline(self, batch: Sequence[Extract]) -> dict[UUID, bytes]:
        contents = await self._blob_records.get_contents([each.member.blob_key for each in batch])
        try:
            return {each.member.id: _cut(contents[each.member.blob_key], each.part) for each in batch}
        except KeyError:
            raise BlobMissingError("A file's bytes are not in the catalog.") from None

    async def _read_stored(self, extract: Extract) -> tuple[UUID, bytes]:
        async with self.open(extract) as chunks:
            return extract.member.id, b"".join([chunk async for chunk in chunks])


def _cut(content: bytes, part: ByteRange | None) -> bytes:
    return content if part is None else content[part.start : part.end]
