"""A ZIP archive as a body: its records, and the files' bytes between them as they are read."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from domain.archives.model import Extract
from domain.archives.read_archive import Archive
from domain.blobs.chunks import Body
from domain.values.ranges import ByteRange
from service.http.resources.archives.zip.layout import Layout
from service.http.resources.archives.zip.names import names_in_archive
from service.http.resources.archives.zip.records import Entry

MEDIA_TYPE = "application/zip"
# Smaller chunks are joined with the next ones: a file may be smaller than its records.
_SENT_AT_ONCE = 64 * 1024


class ZipBody:
    """The archive's files as one body, of known length. Each file is opened when the one before it has ended."""

    def __init__(self, archive: Archive) -> None:
        names = names_in_archive(archive.members)
        self._archive = archive
        self._layout = Layout(
            [
                Entry(name.encode(), member.size, crc32, member.updated_at)
                for name, member, crc32 in zip(names, archive.members, archive.checksums, strict=True)
            ]
        )

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return self._layout.length

    def whole(self) -> Body:
        """Open all of it, as `part` does."""
        return self.part(ByteRange(0, self.length))

    @asynccontextmanager
    async def part(self, part: ByteRange) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a part with its first file, so that missing bytes are an error before the response begins.

        Only files with bytes in the part are opened, and no more of them is read.
        """
        files = self._layout.files_in(part)
        extracts = (extract for index in files if (extract := self._extract(index, part)) is not None)
        async with (
            self._archive.contents(extracts) as contents,
            aclosing(self._pieces(part, contents)) as pieces,
            aclosing(_gathered(pieces)) as chunks,
        ):
            yield chunks

    def _extract(self, index: int, part: ByteRange) -> Extract | None:
        data = self._layout.data_in(index, part)
        if data is None:
            return None
        member = self._archive.members[index]
        return Extract(member, None if data.length == member.size else data)

    async def _pieces(self, part: ByteRange, contents: AsyncIterator[AsyncIterator[bytes]]) -> AsyncGenerator[bytes]:
        for index in self._layout.files_in(part):
            yield self._layout.header_in(index, part)
            if self._layout.data_in(index, part) is not None:
                async for chunk in await anext(contents):
                    yield chunk
        for record in self._layout.directory_in(part):
            yield record


async def _gathered(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    gathered = bytearray()
    async for piece in pieces:
        if len(piece) < _SENT_AT_ONCE:
            gathered += piece
        if len(gathered) >= _SENT_AT_ONCE or (gathered and len(piece) >= _SENT_AT_ONCE):
            yield bytes(gathered)
            gathered.clear()
        if len(piece) >= _SENT_AT_ONCE:
            yield piece
    if gathered:
        yield bytes(gathered)
