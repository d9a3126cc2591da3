"""Fake blobs that arrive in pieces keep the port's contract."""

import pytest

from tests.contracts.blob_store.store import Leftovers
from tests.contracts.partial_blobs.callers import TestCompletingAtOnce, TestFormerCallers
from tests.contracts.partial_blobs.concatenation import TestConcatenation
from tests.contracts.partial_blobs.partial_blobs import TestPartialBlobs
from tests.fakes.blobs.partial_blobs import FakePartialBlobs
from tests.fakes.blobs.store import FakeBlobStore

__all__ = ["TestCompletingAtOnce", "TestConcatenation", "TestFormerCallers", "TestPartialBlobs"]


@pytest.fixture
def store() -> FakeBlobStore:
    return FakeBlobStore()


@pytest.fixture
def partials(store: FakeBlobStore) -> FakePartialBlobs:
    return FakePartialBlobs(store, piece_size=1_000_000)


@pytest.fixture
def leftovers(store: FakeBlobStore) -> Leftovers:
    async def find(key: str) -> list[str]:
        return [each for each in (*store.stored, *store.unfinished, *store.pieces) if each == key]

    return find
