"""The records of a ZIP archive, as bytes (section 4.3)."""

import stat
import struct
from datetime import UTC, datetime

import msgspec

# At these a field is full, and the value stands in Zip64's records instead (sections 4.4.8, 4.4.9, 4.4.16, 4.4.22).
FULL_16 = 0xFFFF
FULL_32 = 0xFFFF_FFFF

_LOCAL_HEADER = struct.Struct("<4sHHHIIIIHH")
_DIRECTORY_HEADER = struct.Struct("<4sHHHHIIIIHHHHHII")
_LONG_END = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4sHHHHIIH")
_TIME_FIELD = struct.Struct("<HHBi")

_PLAIN, _ZIP64 = 20, 45  # section 4.4.3
_MADE_BY = 3 << 8 | _ZIP64  # on Unix, so that the permissions count (section 4.4.2)
# Bit 11: the name is UTF-8. Bit 3, that the CRC-32 comes behind the bytes, is not set (section 4.4.4).
_FLAGS = 1 << 11
_STORED = 0  # section 4.4.5
_PERMISSIONS = (stat.S_IFREG | 0o644) << 16
_ZIP64_FIELD = 0x0001  # section 4.5.3
_TIME_FIELD_ID, _MODIFIED = 0x5455, 1  # Info-ZIP's "extended timestamp", in its proginfo/extrafld.txt
# The range of DOS's times (section 4.4.6), and of the extended ones.
_FIRST_DOS_TIME = datetime(1980, 1, 1, tzinfo=UTC)
_LAST_DOS_TIME = datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
_FIRST_UNIX_TIME, _LAST_UNIX_TIME = -(2**31), 2**31 - 1


class Entry(msgspec.Struct, frozen=True):
    """A file in an archive. `name` is in UTF-8, `size` in bytes, `modified_at` in UTC; `crc32` is that of the bytes."""

    name: bytes
    size: int
    crc32: int
    modified_at: datetime


def local_header(entry: Entry) -> bytes:
    """Return the record before the bytes (section 4.3.7), which tells a reader that cannot seek all about them."""
    sizes = () if entry.size < FULL_32 else (entry.size, entry.size)  # section 4.5.3: here both or none
    extra = _zip64_field(*sizes) + _time_field(entry)
    size = min(entry.size, FULL_32)
    header = _LOCAL_HEADER.pack(
        *(b"PK\3\4", _version(*sizes), _FLAGS, _STORED, _dos_time(entry), entry.crc32, size, size),
        *(len(entry.name), len(extra)),
    )
    return header + entry.name + extra


def directory_header(entry: Entry, offset: int) -> bytes:
    """Return the file's record in the central directory (section 4.3.12). Its local header is at `offset`."""
    long = _long_values(entry.size, offset)
    extra = _zip64_field(*long) + _time_field(entry)
    size = min(entry.size, FULL_32)
    header = _DIRECTORY_HEADER.pack(
        *(b"PK\1\2", _MADE_BY, _version(*long), _FLAGS, _STORED, _dos_time(entry), entry.crc32, size, size),
        *(len(entry.name), len(extra), 0, 0, 0, _PERMISSIONS, min(offset, FULL_32)),
    )
    return header + entry.name + extra


def end_of_directory(*, count: int, size: int, offset: int) -> bytes:
    """Return the end of the archive, after `count` directory headers of `size` bytes in all, which begin at `offset`.

    Zip64's record and its locator (sections 4.3.14 and 4.3.15) stand before the old one (section 4.3.16) if that
    has too little room.
    """
    end = _END.pack(
        *(b"PK\5\6", 0, 0, min(count, FULL_16), min(count, FULL_16), min(size, FULL_32), min(offset, FULL_32), 0)
    )
    if count < FULL_16 and size < FULL_32 and offset < FULL_32:
        return end
    # Its size, as it counts itself, is without its first two fields.
    long = _LONG_END.pack(b"PK\6\6", _LONG_END.size - 12, _MADE_BY, _ZIP64, 0, 0, count, count, size, offset)
    return long + _LOCATOR.pack(b"PK\6\7", 0, offset + size, 1) + end


def local_length(entry: Entry) -> int:
    """Return the length of `local_header`, in bytes."""
    return _LOCAL_HEADER.size + len(entry.name) + (20 if entry.size >= FULL_32 else 0) + len(_time_field(entry))


def directory_length(entry: Entry, offset: int) -> int:
    """Return the length of `directory_header`, in bytes."""
    zip64 = len(_zip64_field(*_long_values(entry.size, offset)))
    return _DIRECTORY_HEADER.size + len(entry.name) + zip64 + len(_time_field(entry))


def _long_values(size: int, offset: int) -> tuple[int, ...]:
    # Section 4.5.3: only those that the header has no room for, in this order.
    sizes = (size, size) if size >= FULL_32 else ()
    return (*sizes, offset) if offset >= FULL_32 else sizes


def _version(*long: int) -> int:
    return _ZIP64 if long else _PLAIN


def _zip64_field(*long: int) -> bytes:
    return struct.pack(f"<HH{len(long)}Q", _ZIP64_FIELD, 8 * len(long), *long) if long else b""


def _time_field(entry: Entry) -> bytes:
    seconds = int(entry.modified_at.timestamp())
    if not _FIRST_UNIX_TIME <= seconds <= _LAST_UNIX_TIME:
        return b""
    return _TIME_FIELD.pack(_TIME_FIELD_ID, 5, _MODIFIED, seconds)


def _dos_time(entry: Entry) -> int:
    # Two fields of 16 bits, of which the date is the second. It has no zone, and no odd seconds.
    time = min(max(entry.modified_at, _FIRST_DOS_TIME), _LAST_DOS_TIME)
    date = (time.year - 1980) << 9 | time.month << 5 | time.day
    return date << 16 | time.hour << 11 | time.minute << 5 | time.second // 2
