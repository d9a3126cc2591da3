"""The use case that stores a file, on the fakes."""

import pytest

from domain.blobs.reservations import Reservations
from domain.files.content.store_file import StoreFile
from domain.maintenance.reap import Reap
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.support.reaper import reaper
from tests.unit.content.bodies import LEASE, make_store_file


@pytest.fixture
def reservations(catalog: FakeCatalog, clock: FakeClock) -> Reservations:
    return Reservations(catalog.blob_records, clock, lease=LEASE, batch=2)


@pytest.fixture
def store_file(catalog: FakeCatalog, blobs: FakeBlobStore, reservations: Reservations) -> StoreFile:
    return make_store_file(catalog, blobs, reservations)


@pytest.fixture
def reap(catalog: FakeCatalog, blobs: FakeBlobStore) -> Reap:
    return reaper(catalog, blobs)
