"""The fakes of the catalog's ports keep their contracts."""

import pytest

from tests.contracts.audit.partitions import TestPartitions  # noqa: F401 - likewise
from tests.contracts.catalog import *  # noqa: F403 - pytest collects the whole suite here
from tests.fakes.catalog import FakeCatalog, make_catalog
from tests.fakes.database import FakeDatabase


@pytest.fixture
def grace() -> float:
    return 0


@pytest.fixture
def catalog(grace: float) -> FakeCatalog:
    return make_catalog(grace=grace)


@pytest.fixture
def damage(catalog: FakeCatalog) -> FakeDatabase:
    return catalog.database
