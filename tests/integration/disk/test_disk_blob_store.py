"""The blob store in a directory keeps the port's contract, and its own promises."""

from pathlib import Path

import pytest

from adapters.disk import DiskBlobStore, NoDirectAccess
from domain.blobs.direct_access import ReadHeaders
from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.listing import Intrude, LeaveUnfinished, TestBlobStoreListing
from tests.contracts.blob_store.sending import TestBlobStoreSending
from tests.contracts.blob_store.store import TestBlobStore

__all__ = ["TestBlobStore", "TestBlobStoreListing", "TestBlobStoreSending"]


@pytest.fixture
def boundary() -> int:
    return 1024**2


@pytest.fixture
def leave_unfinished(store: DiskBlobStore, tmp_path: Path) -> LeaveUnfinished:
    async def leave(key: str) -> None:
        (tmp_path / "tmp" / key).write_bytes(b"part")

    return leave


@pytest.fixture
def intrude(store: DiskBlobStore, tmp_path: Path) -> Intrude:
    async def intrude() -> None:
        misplaced, directory = f"{new_blob_key()[:-2]}01", f"{new_blob_key()[:-2]}00"
        for name in ("lost+found", "tmp/tmpabc", "00/notes.txt", "00/.hidden", f"00/{misplaced}", f"00/{'A' * 30}00"):
            (tmp_path / name).write_bytes(b"foreign")
        (tmp_path / "00" / directory).mkdir()
        (tmp_path / "tmp" / directory).symlink_to(tmp_path / "lost+found")

    return intrude


async def test_clients_have_no_way_in() -> None:
    headers = ReadHeaders(content_type="a/b", content_disposition="inline", cache_control="no-store")
    with pytest.raises(DirectAccessUnsupportedError):
        await NoDirectAccess().sign_read(new_blob_key(), "GET", headers)
