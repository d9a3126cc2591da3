"""Files of the blob store in a directory, as the operating system sends them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore
from domain.blobs.chunks import Chunk, FileChunk
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.sending import send
from tests.contracts.blob_store.store import payload, stream
from tests.integration.disk.test_directory import open_files, tells_open_files

MIB = 1024**2


@pytest.fixture
async def key(store: DiskBlobStore) -> str:
    """The key of a blob of 8 MiB."""
    key = new_blob_key()
    await store.put(key, stream(payload(8 * MIB)), size=None)
    return key


async def read_sizes(chunks: AsyncIterator[Chunk]) -> list[int]:
    return [len(chunk) async for chunk in chunks]


async def test_most_of_a_large_blob_lies_in_its_file(store: DiskBlobStore, key: str) -> None:
    async with store.open_for_sending(key) as chunks:
        in_files = [len(chunk) async for chunk in chunks if isinstance(chunk, FileChunk)]
    assert sum(in_files) > 7 * MIB
    assert max(in_files) <= MIB


async def test_what_the_system_has_not_in_memory_is_sent(store: DiskBlobStore, key: str, tmp_path: Path) -> None:
    file = os.open(tmp_path / key[-2:] / key, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
    assert await send(store, key) == payload(8 * MIB)


async def test_what_the_system_does_not_tell_of_is_sent(
    store: DiskBlobStore, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "RWF_NOWAIT")
    assert await send(store, key) == payload(8 * MIB)


async def test_a_file_that_is_cut_off_while_it_is_sent_never_ends_cleanly(
    store: DiskBlobStore, key: str, tmp_path: Path
) -> None:
    async with store.open_for_sending(key) as chunks:
        await anext(chunks)
        os.truncate(tmp_path / key[-2:] / key, 4 * MIB)
        with pytest.raises(BlobStoreUnavailableError):
            await read_sizes(chunks)


@tells_open_files
async def test_nothing_stays_open_after_a_sending(store: DiskBlobStore, key: str, tmp_path: Path) -> None:
    await send(store, key)
    async with store.open_for_sending(key) as chunks:
        await anext(chunks)
        await anext(chunks)
        assert open_files(tmp_path)
    assert not open_files(tmp_path)
