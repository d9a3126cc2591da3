"""Blobs in a directory that arrive in pieces keep the port's contract, and their own promises."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, DiskPartialBlobs, open_disk_blob_store
from domain.blobs.ports import BlobStore
from tests.contracts.partial_blobs.callers import CompletingAtOnceContract, FormerCallersContract
from tests.contracts.partial_blobs.concatenation import ConcatenationContract
from tests.contracts.partial_blobs.partial_blobs import PartialBlobsContract


class DiskContract:
    @pytest.fixture
    async def store(self, tmp_path: Path) -> DiskBlobStore:
        return await open_disk_blob_store(tmp_path)

    @pytest.fixture
    def partials(self, store: DiskBlobStore, tmp_path: Path) -> DiskPartialBlobs:
        return DiskPartialBlobs(tmp_path)

    @pytest.fixture(autouse=True)
    def _root(self, tmp_path: Path) -> None:
        self.root = tmp_path

    async def leftovers(self, store: BlobStore, key: str) -> list[str]:
        return [str(path) for path in self.root.rglob(f"*{key}*")]


class TestDiskPartialBlobs(DiskContract, PartialBlobsContract):
    pass


class TestDiskFormerCallers(DiskContract, FormerCallersContract, CompletingAtOnceContract):
    pass


class TestDiskConcatenation(DiskContract, ConcatenationContract):
    pass
