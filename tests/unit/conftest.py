"""The fakes, and the whole service on them. Made once: making a service takes longer than most tests."""

import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import structlog

from service.observability.request_lines import REQUESTS
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.records import FakeBlobRecords
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.buckets import FakeBuckets
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import FakeDatabase
from tests.fakes.files import FakeFiles
from tests.fakes.jobs import FakeJobs
from tests.fakes.uploads import FakeUploadLocks, FakeUploads
from tests.support.clients import client_of
from tests.support.documented import DocumentedProblems
from tests.support.fake_service import Fakes, Service, lint, make_fakes, open_service


@pytest.fixture(scope="session")
def shared_fakes() -> Fakes:
    return make_fakes()


@pytest.fixture
def fakes(shared_fakes: Fakes) -> Fakes:
    """The fakes below the service, which hold nothing yet."""
    shared_fakes.reset()
    return shared_fakes


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
def blob_records(catalog: FakeCatalog) -> FakeBlobRecords:
    return catalog.blob_records


@pytest.fixture
def buckets(catalog: FakeCatalog) -> FakeBuckets:
    return catalog.buckets


@pytest.fixture
def files(catalog: FakeCatalog) -> FakeFiles:
    return catalog.files


@pytest.fixture
def jobs(catalog: FakeCatalog) -> FakeJobs:
    return catalog.jobs


@pytest.fixture
def upload_locks(catalog: FakeCatalog) -> FakeUploadLocks:
    return catalog.upload_locks


@pytest.fixture
def uploads(catalog: FakeCatalog) -> FakeUploads:
    return catalog.uploads


@pytest.fixture
def blobs(fakes: Fakes) -> FakeBlobStore:
    return fakes.blobs


@pytest.fixture
def direct(fakes: Fakes) -> FakeDirectAccess:
    return fakes.direct


@pytest.fixture(scope="session")
async def shared_service(shared_fakes: Fakes) -> AsyncIterator[Service]:
    async with open_service(shared_fakes) as service:
        yield service


@pytest.fixture
async def service(shared_service: Service, fakes: Fakes) -> Service:
    """The whole service, which holds nothing yet."""
    await shared_service.reset()
    return shared_service


@pytest.fixture(scope="session")
async def documented(shared_service: Service) -> DocumentedProblems:
    """The problems that the service's document has."""
    async with client_of(shared_service.app) as client:
        return DocumentedProblems((await client.get("/schema/openapi.json")).json())


@pytest.fixture
async def client(service: Service, documented: DocumentedProblems) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that holds nothing yet."""
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
    REQUESTS.leave_to_structlog()
