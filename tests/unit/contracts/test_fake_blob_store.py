"""The fake blob store keeps the port's contract."""

import pytest

from tests.contracts.blob_store.listing import Intrude, LeaveUnfinished, TestBlobStoreListing
from tests.contracts.blob_store.sending import TestBlobStoreSending
from tests.contracts.blob_store.store import Leftovers, TestBlobStore
from tests.fakes.blobs.store import FakeBlobStore

__all__ = ["TestBlobStore", "TestBlobStoreListing", "TestBlobStoreSending"]


@pytest.fixture
def store() -> FakeBlobStore:
    return FakeBlobStore(chunk_size=1000)


@pytest.fixture
def boundary() -> int:
    return 1024


@pytest.fixture
def leftovers(store: FakeBlobStore) -> Leftovers:
    async def find(key: str) -> list[str]:
        return [each for each in (*store.stored, *store.unfinished) if each == key]

    return find


@pytest.fixture
def leave_unfinished(store: FakeBlobStore) -> LeaveUnfinished:
    async def leave(key: str) -> None:
        store.unfinished[key] = bytearray(b"part")

    return leave


@pytest.fixture
def intrude() -> Intrude:
    async def keep_nothing_else() -> None:
        pass

    return keep_nothing_else
