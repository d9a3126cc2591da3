"""The ports kept in memory, anew for each test."""

import pytest

from tests.unit.fakes import FakeBlobStore, FakeCatalog, FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def catalog(clock: FakeClock) -> FakeCatalog:
    return FakeCatalog(clock)


@pytest.fixture
def blobs() -> FakeBlobStore:
    return FakeBlobStore()
