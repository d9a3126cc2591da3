"""Hashing alone, and a copy with hash and fsync done the best way."""

import ctypes
import hashlib
import os
import time
from pathlib import Path

from bench.reporting.samples import Sample, transferred

# It stays in the processor's cache between the read, the hash and the write.
_CHUNK = 256 * 1024
# How many bytes are written before the disk is told to begin with them.
_FLUSH = 16 * 1024 * 1024
_SYNC_FILE_RANGE_WRITE = 2
_LIBC = ctypes.CDLL(None)


def hashing(size: int) -> Sample:
    """SHA-256 of `size` bytes in memory, in MB/s."""
    chunk = os.urandom(_CHUNK)
    begun, used = time.monotonic(), time.process_time()
    digest = hashlib.sha256()
    for _ in range(size // _CHUNK):
        digest.update(chunk)
    return transferred(size, time.monotonic() - begun, time.process_time() - used)


def copy(source: Path, target: Path) -> Sample:
    """Copy `source`, which the system has cached, to `target`, with its SHA-256 and an fsync, in MB/s.

    The disk writes meanwhile what will have to be there at the end. One thread does it all: it has one processor, as
    the servers beside it.
    """
    size = source.stat().st_size
    begun, used = time.monotonic(), time.process_time()
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        _copy(reader.fileno(), writer.fileno())
        os.fsync(writer.fileno())
    _sync_directory(target.parent)
    sample = transferred(size, time.monotonic() - begun, time.process_time() - used)
    target.unlink()
    return sample


def _copy(reader: int, writer: int) -> None:
    digest, buffer = hashlib.sha256(), memoryview(bytearray(_CHUNK))
    written = flushed = 0
    while length := os.readv(reader, [buffer]):
        chunk = buffer[:length]
        digest.update(chunk)
        while chunk:
            chunk = chunk[os.write(writer, chunk) :]
        written += length
        if written - flushed >= _FLUSH:
            _begin_writing(writer, flushed, written - flushed)
            flushed = written
    digest.hexdigest()


def _begin_writing(file: int, offset: int, length: int) -> None:
    """Have the disk write these bytes, and do not wait for it; where the system has no call for that, do nothing."""
    call = getattr(_LIBC, "sync_file_range", None)
    if call is not None:
        call(file, ctypes.c_int64(offset), ctypes.c_int64(length), ctypes.c_uint(_SYNC_FILE_RANGE_WRITE))


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
