"""The fakes, and the whole service on them. Made once: making a service takes longer than most tests."""

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import structlog

from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import FakeDatabase
from tests.support.clients import client_of
from tests.support.documented import DocumentedProblems
from tests.support.fake_service import Fakes, Service, lint, make_fakes, open_service


@pytest.fixture(scope="session")
def fakes() -> Fakes:
    return make_fakes()


@pytest.fixture(autouse=True)
def emptied(fakes: Fakes) -> None:
    """Begin each test on fakes that hold nothing."""
    fakes.reset()


@pytest.fixture
def clock(fakes: Fakes) -> FakeClock:
    return fakes.clock


@pytest.fixture
def catalog(fakes: Fakes) -> FakeCatalog:
    return fakes.catalog


@pytest.fixture
def database(catalog: FakeCatalog) -> FakeDatabase:
    return catalog.database


@pytest.fixture
def blobs(fakes: Fakes) -> FakeBlobStore:
    return fakes.blobs


@pytest.fixture
def direct(fakes: Fakes) -> FakeDirectAccess:
    return fakes.direct


@pytest.fixture(scope="session")
async def service(fakes: Fakes) -> AsyncIterator[Service]:
    """The whole service."""
    async with open_service(fakes) as service:
        yield service


@pytest.fixture(scope="session")
async def documented(service: Service) -> DocumentedProblems:
    """The problems that the service's document has."""
    async with client_of(service.app) as client:
        return DocumentedProblems((await client.get("/schema/openapi.json")).json())


@pytest.fixture
async def client(service: Service, documented: DocumentedProblems) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that holds nothing yet."""
    await service.reservations.close()
    service.fakes.reset()  # of what closing left
    async with client_of(service.app) as client:
        client.event_hooks = {"response": [lint, documented.check]}
        yield client


@pytest.fixture(autouse=True)
def logs_configured_as_before() -> Iterator[None]:
    """Undo what a test has configured: others would write to where its own standard error was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
