"""The blob store in a directory keeps the port's contract, and its own promises."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, NoDirectAccess, open_disk_blob_store
from domain.blobs.direct_access import ReadHeaders
from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.listing import BlobStoreListingContract
from tests.contracts.blob_store.store import BlobStoreContract


class TestDiskBlobStore(BlobStoreContract):
    boundary = 1024 * 1024

    @pytest.fixture
    async def store(self, tmp_path: Path) -> DiskBlobStore:
        return await open_disk_blob_store(tmp_path)

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path) -> None:
        self.root = tmp_path

    async def leftovers(self, store: BlobStore, key: str) -> list[str]:
        return [str(path) for path in self.root.rglob(f"*{key}*")]


class TestDiskBlobStoreListing(BlobStoreListingContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> DiskBlobStore:
        return await open_disk_blob_store(tmp_path)

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path) -> None:
        self.root = tmp_path

    async def leave_unfinished(self, store: BlobStore, key: str) -> None:
        (self.root / "tmp" / key).write_bytes(b"part")

    async def intrude(self, store: BlobStore) -> None:
        misplaced, directory = f"{new_blob_key()[:-2]}01", f"{new_blob_key()[:-2]}00"
        for name in ("lost+found", "tmp/tmpabc", "00/notes.txt", "00/.hidden", f"00/{misplaced}", f"00/{'A' * 30}00"):
            (self.root / name).write_bytes(b"foreign")
        (self.root / "00" / directory).mkdir()
        (self.root / "tmp" / directory).symlink_to(self.root / "lost+found")


async def test_clients_have_no_way_in() -> None:
    headers = ReadHeaders(content_type="a/b", content_disposition="inline", cache_control="no-store")
    with pytest.raises(DirectAccessUnsupportedError):
        await NoDirectAccess().sign_read(new_blob_key(), "GET", headers)
