"""The layout of an archive, known before its bytes are read: its length, and the offset of every record."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from domain.values.ranges import ByteRange
from service.http.resources.archives.zip.records import (
    Entry,
    directory_header,
    directory_length,
    end_of_directory,
    local_header,
    local_length,
)


class Layout:
    """The offsets of an archive's files, in order. Its bytes depend only on these entries and the files' bytes."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries = entries
        self._local_offsets: list[int] = []
        self._directory_offsets: list[int] = []
        offset = 0
        for entry in entries:
            self._local_offsets.append(offset)
            offset += local_length(entry) + entry.size
        directory = offset
        for entry, local in zip(entries, self._local_offsets, strict=True):
            self._directory_offsets.append(offset)
            offset += directory_length(entry, local)
        self._directory_offsets.append(offset)
        self._end = end_of_directory(count=len(entries), size=offset - directory, offset=directory)
        self.length = offset + len(self._end)

    def files_in(self, part: ByteRange) -> range:
        """Return the indexes of the files with a byte, or a byte of their local headers, in that part."""
        return _overlapping(self._local_offsets, part) if part.start < self._directory_offsets[0] else range(0)

    def data_in(self, index: int, part: ByteRange) -> ByteRange | None:
        """Return which of the file's bytes are in that part of the archive; None if none are."""
        entry = self.entries[index]
        begin = self._local_offsets[index] + local_length(entry)
        start, end = max(part.start - begin, 0), min(part.end - begin, entry.size)
        return ByteRange(start, end - start) if start < end else None

    def header_in(self, index: int, part: ByteRange) -> bytes:
        """Return those bytes of the file's local header that are in that part."""
        return _clipped(local_header(self.entries[index]), self._local_offsets[index], part)

    def directory_in(self, part: ByteRange) -> Iterator[bytes]:
        """Yield those bytes of the central directory, which follows the last file, that are in that part."""
        if part.end <= self._directory_offsets[0]:
            return
        for index in _overlapping(self._directory_offsets, part):
            if index < len(self.entries):
                record = directory_header(self.entries[index], self._local_offsets[index])
            else:
                record = self._end
            yield _clipped(record, self._directory_offsets[index], part)


def _overlapping(offsets: Sequence[int], part: ByteRange) -> range:
    """Return the indexes of the pieces, each from its offset to the next, that the part overlaps."""
    return range(max(bisect_right(offsets, part.start) - 1, 0), bisect_left(offsets, part.end))


def _clipped(record: bytes, offset: int, part: ByteRange) -> bytes:
    return record[max(part.start - offset, 0) : max(part.end - offset, 0)]
