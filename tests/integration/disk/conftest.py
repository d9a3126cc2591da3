"""A store in a directory of the test's own."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, open_disk_blob_store
from tests.contracts.blob_store.store import Leftovers


@pytest.fixture
async def store(tmp_path: Path) -> DiskBlobStore:
    return await open_disk_blob_store(tmp_path)


@pytest.fixture
def leftovers(tmp_path: Path) -> Leftovers:
    def names(key: str) -> list[str]:
        return [str(path) for path in tmp_path.rglob(f"*{key}*")]

    async def find(key: str) -> list[str]:
        return names(key)

    return find
