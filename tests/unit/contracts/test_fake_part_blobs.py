"""Fake blobs in numbered parts keep the port's contract."""

import pytest

from tests.contracts.blob_store.store import Leftovers
from tests.contracts.part_blobs import TestPartBlobs, upload
from tests.fakes.blobs.part_blobs import FakePartBlobs
from tests.fakes.blobs.store import FakeBlobStore

__all__ = ["TestPartBlobs", "upload"]


@pytest.fixture
def store() -> FakeBlobStore:
    return FakeBlobStore()


@pytest.fixture
def part_blobs(store: FakeBlobStore) -> FakePartBlobs:
    return FakePartBlobs(store)


@pytest.fixture
def leftovers(store: FakeBlobStore) -> Leftovers:
    async def find(key: str) -> list[str]:
        return [each for each in (*store.stored, *store.unfinished, *store.pieces) if each == key]

    return find
