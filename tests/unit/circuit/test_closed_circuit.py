"""A closed circuit changes nothing: the store behind it keeps the port's contract."""

import pytest

from adapters.circuit import Circuit, CircuitBlobStore
from tests.contracts.blob_store.sending import TestBlobStoreSending
from tests.contracts.blob_store.store import Leftovers, TestBlobStore
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.clock import FakeClock

__all__ = ["TestBlobStore", "TestBlobStoreSending"]


@pytest.fixture
def behind() -> FakeBlobStore:
    return FakeBlobStore(chunk_size=1000)


@pytest.fixture
def store(behind: FakeBlobStore, clock: FakeClock) -> CircuitBlobStore:
    return CircuitBlobStore(behind, Circuit(clock))


@pytest.fixture
def boundary() -> int:
    return 1024


@pytest.fixture
def leftovers(behind: FakeBlobStore) -> Leftovers:
    async def find(key: str) -> list[str]:
        return [each for each in (*behind.stored, *behind.unfinished) if each == key]

    return find
