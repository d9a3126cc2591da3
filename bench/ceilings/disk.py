"""Hashing alone, and a copy with hash and fsync done the best way."""

import hashlib
import os
import queue
import threading
import time
from contextlib import suppress
from pathlib import Path

from bench.reporting.samples import Sample, transferred

_CHUNK = 1024 * 1024
_CHUNKS_AHEAD = 8
# How many bytes are written before the disk is told to begin with them.
_FLUSH = 64 * 1024 * 1024


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

    One thread reads and writes, one hashes, and one has the disk write meanwhile what will have to be there at the end.
    """
    size = source.stat().st_size
    begun, used = time.monotonic(), time.process_time()
    with source.open("rb", buffering=0) as reader, target.open("wb", buffering=0) as writer:
        _copy(reader.fileno(), writer.fileno())
    _sync_directory(target.parent)
    sample = transferred(size, time.monotonic() - begun, time.process_time() - used)
    with suppress(FileNotFoundError):
        target.unlink()
    return sample


def _copy(reader: int, writer: int) -> None:
    to_hash: queue.Queue[tuple[bytearray, int] | None] = queue.Queue(_CHUNKS_AHEAD)
    free: queue.Queue[bytearray] = queue.Queue()
    for _ in range(_CHUNKS_AHEAD):
        free.put(bytearray(_CHUNK))
    to_flush: queue.Queue[bool] = queue.Queue()
    digest = hashlib.sha256()

    def hash_all() -> None:
        while (item := to_hash.get()) is not None:
            buffer, length = item
            digest.update(memoryview(buffer)[:length])
            free.put(buffer)

    def flush_all() -> None:
        while to_flush.get():
            os.fdatasync(writer)

    threads = [threading.Thread(target=target) for target in (hash_all, flush_all)]
    for thread in threads:
        thread.start()
    written = 0
    while length := os.readv(reader, [buffer := free.get()]):
        to_hash.put((buffer, length))
        _write(writer, memoryview(buffer)[:length])
        written += length
        if written % _FLUSH == 0:
            to_flush.put(True)
    to_hash.put(None)
    to_flush.put(False)
    for thread in threads:
        thread.join()
    os.fsync(writer)
    digest.hexdigest()


def _write(writer: int, data: memoryview) -> None:
    while data:
        data = data[os.write(writer, data) :]


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
