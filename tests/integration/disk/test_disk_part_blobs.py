"""Parts of blobs in a directory keep the port's contract, and are not copied where they are where they belong."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, DiskPartBlobs
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import read
from tests.contracts.part_blobs import Parts, TestPartBlobs, upload, whole
from tests.contracts.partial_blobs.partial_blobs import PART

__all__ = ["TestPartBlobs", "upload"]


@pytest.fixture
def part_blobs(store: DiskBlobStore, tmp_path: Path) -> DiskPartBlobs:
    return DiskPartBlobs(tmp_path)


async def test_equal_parts_become_the_file_as_they_lie(
    store: DiskBlobStore, part_blobs: DiskPartBlobs, tmp_path: Path
) -> None:
    key = new_blob_key()
    parts = Parts(store, part_blobs, key, await part_blobs.begin(key))
    sent = [await parts.put(number, size) for number, size in ((1, PART), (2, PART), (3, 9))]
    inode = (tmp_path / "tmp" / key).stat().st_ino
    await parts.join(sent)
    assert (tmp_path / key[-2:] / key).stat().st_ino == inode
    assert await read(store, key) == whole((1, PART), (2, PART), (3, 9))
