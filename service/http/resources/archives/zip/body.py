"""A ZIP archive as a body: its records, and the files' bytes between them as they are read."""

import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager

from domain.archives.read_archive import Archive
from service.http.resources.archives.zip.layout import Layout
from service.http.resources.archives.zip.names import names_in_archive
from service.http.resources.archives.zip.records import Entry, descriptor, local_header

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
                Entry(name.encode(), member.size, member.updated_at)
                for name, member in zip(names, archive.members, strict=True)
            ]
        )

    @property
    def length(self) -> int:
        """How many bytes the body has."""
        return self._layout.length

    @asynccontextmanager
    async def open(self) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the body with its first file, so that missing bytes are an error before the response begins."""
        async with (
            self._archive.contents() as contents,
            aclosing(self._pieces(contents)) as pieces,
            aclosing(_gathered(pieces)) as chunks,
        ):
            yield chunks

    async def _pieces(self, contents: AsyncIterator[AsyncIterator[bytes]]) -> AsyncGenerator[bytes]:
        checksums: list[int] = []
        async for chunks in contents:
            entry = self._layout.entries[len(checksums)]
            yield local_header(entry)
            crc32 = 0
            async for chunk in chunks:
                crc32 = zlib.crc32(chunk, crc32)
                yield chunk
            yield descriptor(entry, crc32)
            checksums.append(crc32)
        for record in self._layout.directory(checksums):
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
