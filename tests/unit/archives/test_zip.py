"""ZIP archives as Python's own reader sees them, and their parts beyond four gigabytes without the gigabytes."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.values.ranges import ByteRange
from service.http.resources.archives.zip.layout import Layout
from service.http.resources.archives.zip.records import Entry, local_header, local_length

TIME = datetime(2026, 11, 21, 10, 33, 41, tzinfo=UTC)
GIGABYTE = 1024**3


class Sparse(io.RawIOBase):
    """A file of which only some pieces are there, each at its offset; the rest is zeros."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, bytes]] = []
        self._place = 0
        self.length = 0

    def add(self, data: bytes) -> None:
        self._pieces.append((self.length, data))
        self.length += len(data)

    def skip(self, count: int) -> None:
        self.length += count

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        self._place = offset + (0, self._place, self.length)[whence]
        return self._place

    def read(self, size: int = -1) -> bytes:
        size = self.length - self._place if size < 0 else max(0, min(size, self.length - self._place))
        found = bytearray(size)
        for start, data in self._pieces:
            begin, end = max(start, self._place), min(start + len(data), self._place + size)
            if begin < end:
                found[begin - self._place : end - self._place] = data[begin - start : end - start]
        self._place += size
        return bytes(found)


def sparse_archive(files: Sequence[tuple[str, int]]) -> tuple[Sparse, Layout]:
    """Write an archive of zeros, which are not there."""
    layout = Layout([Entry(name.encode(), size, 7, TIME) for name, size in files])
    archive = Sparse()
    for entry in layout.entries:
        archive.add(local_header(entry))
        archive.skip(entry.size)
    archive.add(directory_of(layout))
    return archive, layout


def directory_of(layout: Layout) -> bytes:
    return b"".join(layout.directory_in(ByteRange(0, layout.length)))


def archive_of(files: Sequence[tuple[str, bytes]], time: datetime = TIME) -> bytes:
    """Write an archive, and see that it is as long as was said."""
    layout = layout_of(files, time)
    whole = part_of(layout, files, ByteRange(0, layout.length))
    assert len(whole) == layout.length
    return whole


def layout_of(files: Sequence[tuple[str, bytes]], time: datetime = TIME) -> Layout:
    return Layout([Entry(name.encode(), len(data), zlib.crc32(data), time) for name, data in files])


def part_of(layout: Layout, files: Sequence[tuple[str, bytes]], part: ByteRange) -> bytes:
    """Write a part of an archive."""
    written = b""
    for index in layout.files_in(part):
        written += layout.header_in(index, part)
        if (data := layout.data_in(index, part)) is not None:
            written += files[index][1][data.start : data.end]
    return written + b"".join(layout.directory_in(part))


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), st.binary())))
def test_files_that_go_in_come_out(files: list[tuple[str, bytes]]) -> None:
    archive = zipfile.ZipFile(io.BytesIO(archive_of(files)))
    found = [(info.orig_filename, archive.read(info)) for info in archive.infolist()]  # reading compares the CRC-32
    assert found == files


@given(st.lists(st.tuples(st.text("ab/é", min_size=1), st.binary()), max_size=4), st.data())
def test_a_part_is_that_part_of_the_whole(files: list[tuple[str, bytes]], data: st.DataObject) -> None:
    layout, whole = layout_of(files), archive_of(files)
    start = data.draw(st.integers(0, len(whole) - 1))
    part = ByteRange(start, data.draw(st.integers(1, len(whole) - start)))
    assert part_of(layout, files, part) == whole[part.start : part.end]


def test_a_part_has_only_the_files_that_it_needs() -> None:
    files = [("a", b"1" * 100), ("b", b""), ("c", b"3" * 100)]
    layout, header = layout_of(files), local_length(Entry(b"a", 100, 0, TIME))
    assert layout.files_in(ByteRange(0, header)) == range(1)
    assert layout.data_in(0, ByteRange(0, header)) is None
    assert layout.data_in(0, ByteRange(0, header + 1)) == ByteRange(0, 1)
    assert layout.data_in(0, ByteRange(header + 99, 1000)) == ByteRange(99, 1)
    assert layout.data_in(1, ByteRange(0, layout.length)) is None
    assert layout.files_in(ByteRange(header + 100, 1)) == range(1, 2)
    assert layout.files_in(ByteRange(layout.length - 22, 22)) == range(0)
    assert list(layout.directory_in(ByteRange(0, 3 * header + 200))) == []


def test_a_file_is_as_it_would_be_unpacked_on_unix() -> None:
    (info,) = zipfile.ZipFile(io.BytesIO(archive_of([("a/Übung.txt", b"x")]))).infolist()
    assert (info.create_system, oct(info.external_attr >> 16)) == (3, "0o100644")
    assert (info.compress_type, info.compress_size, info.file_size) == (zipfile.ZIP_STORED, 1, 1)
    assert info.flag_bits == 0x800
    assert info.extract_version == 20


def test_the_checksum_and_the_sizes_are_known_before_the_bytes_and_nothing_stands_behind_them() -> None:
    whole = archive_of([("a", b"12345")])
    version, flags, method, _, *sums = struct.unpack_from("<HHHIIII", whole, 4)
    assert (version, flags, method, *sums) == (20, 0x800, 0, zlib.crc32(b"12345"), 5, 5)
    assert b"12345PK\x01\x02" in whole


@pytest.mark.parametrize(
    ("time", "told", "seconds"),
    [
        (TIME, (2026, 11, 21, 10, 33, 40), 1795257221),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), (1980, 1, 1, 0, 0, 0), -1),
        (datetime(2100, 2, 3, 4, 5, 6, tzinfo=UTC), (2100, 2, 3, 4, 5, 6), None),
        (datetime(2900, 1, 1, tzinfo=UTC), (2107, 12, 31, 23, 59, 58), None),
    ],
)
def test_times_are_in_utc_and_as_exact_as_the_format_allows(
    time: datetime, told: tuple[int, ...], seconds: int | None
) -> None:
    whole = archive_of([("a", b"")], time)
    (info,) = zipfile.ZipFile(io.BytesIO(whole)).infolist()
    assert info.date_time == told
    assert info.extra == (b"" if seconds is None else struct.pack("<HHBi", 0x5455, 5, 1, seconds))
    assert whole.count(info.extra) >= (2 if info.extra else 0)


def test_an_archive_of_nothing_is_one() -> None:
    assert zipfile.ZipFile(io.BytesIO(archive_of([]))).namelist() == []


SIZES = [
    [4 * GIGABYTE - 2],
    [4 * GIGABYTE - 1],
    [4 * GIGABYTE],
    [4 * GIGABYTE - 2, 0, 1],
    [5 * GIGABYTE, 3, 6 * GIGABYTE, 0],
    [1, 4 * GIGABYTE - 200, 100],
    [5 * 1024 * GIGABYTE] * 3,
    # The directory begins on either side of the bound; see `test_the_old_end_is_used_up_to_its_last_byte`.
    [4 * GIGABYTE - 1 - 56],
    [4 * GIGABYTE - 2 - 56],
]


@pytest.mark.parametrize("sizes", SIZES)
def test_sizes_and_places_beyond_four_gigabytes_are_read_back(sizes: list[int]) -> None:
    files = [(f"file-{place}", size) for place, size in enumerate(sizes)]
    archive, layout = sparse_archive(files)
    assert archive.length == layout.length
    found = zipfile.ZipFile(archive).infolist()
    assert [(info.filename, info.file_size, info.compress_size, info.CRC) for info in found] == [
        (name, size, size, 7) for name, size in files
    ]
    assert [info.header_offset for info in found] == [
        0,
        *accumulate(local_length(entry) + entry.size for entry in layout.entries[:-1]),
    ]


@pytest.mark.parametrize("sizes", SIZES)
def test_whoever_reads_from_the_front_finds_every_file(sizes: list[int]) -> None:
    files = [(f"file-{place}", size) for place, size in enumerate(sizes)]
    archive, _ = sparse_archive(files)
    assert list(from_the_front(archive)) == files


def from_the_front(archive: Sparse) -> Iterator[tuple[str, int]]:
    """Read as a reader does that cannot go back: by local headers alone (section 4.3.7)."""
    while (header := archive.read(30)).startswith(b"PK\3\4"):
        assert header[14:18] == b"\7\0\0\0"
        size, name_length, extra_length = struct.unpack("<22xIHH", header)
        name, extra = archive.read(name_length).decode(), archive.read(extra_length)
        if size == 0xFFFF_FFFF:
            assert struct.unpack_from("<HH", extra) == (1, 16)
            (size, again) = struct.unpack_from("<QQ", extra, 4)
            assert size == again
        archive.seek(size, 1)
        yield name, size


@pytest.mark.parametrize(("count", "is_long"), [(65_534, False), (65_535, True)])
def test_there_may_be_more_files_than_the_old_end_can_count(count: int, is_long: bool) -> None:
    layout = Layout([Entry(b"%d" % place, 0, 0, TIME) for place in range(count)])
    directory = directory_of(layout)
    archive = Sparse()
    archive.skip(layout.length - len(directory))
    archive.add(directory)
    assert len(zipfile.ZipFile(archive).infolist()) == count
    assert (b"PK\6\6" in directory[-98:]) == is_long


@pytest.mark.parametrize(("offset", "is_long"), [(0xFFFF_FFFE, False), (0xFFFF_FFFF, True)])
def test_the_old_end_is_used_up_to_its_last_byte(offset: int, is_long: bool) -> None:
    frame = local_length(Entry(b"file-0", 0, 7, TIME))
    archive, _ = sparse_archive([("file-0", offset - frame)])
    archive.seek(-98, 2)
    assert (b"PK\6\6" in archive.read()) == is_long
