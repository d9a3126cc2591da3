"""The layout of an archive, known before its bytes are read: its length, and the offset of every record."""

from collections.abc import Iterator, Sequence

from service.http.resources.archives.zip.records import (
    Entry,
    directory_header,
    directory_length,
    end_of_directory,
    local_length,
)


class Layout:
    """The offsets of an archive's files, in order. Its bytes depend only on these entries and the files' bytes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        offset = directory = 0
        for entry in entries:
            directory += directory_length(entry, offset)
            offset += local_length(entry)
        self._end = end_of_directory(count=len(entries), size=directory, offset=offset)
        self.length = offset + directory + len(self._end)

    def directory(self, checksums: Sequence[int]) -> Iterator[bytes]:
        """Yield the central directory, which follows the last file; `checksums` are the files' CRC-32, in order."""
        offset = 0
        for entry, crc32 in zip(self.entries, checksums, strict=True):
            yield directory_header(entry, crc32, offset)
            offset += local_length(entry)
        yield self._end
