"""The whole service on the fakes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from dishka import Provider, Scope, provide
from litestar.types import ASGIApp

from domain.blobs.ports import BlobStore, DirectAccess, PartialBlobs
from domain.blobs.reservations import Reservations
from domain.catalog import Catalog
from domain.values.clock import Clock
from service.container.providers import make_container
from service.http.app import create_app
from service.settings import read_settings
from tests.clients import ROOT_KEY, client_of, running
from tests.lint import complaints
from tests.unit.fake_direct_access import FakeDirectAccess
from tests.unit.fake_partials import FakePartialBlobs
from tests.unit.fakes import FakeBlobStore, FakeCatalog, FakeClock


class Fakes(Provider):
    """Puts the fakes in the place of the adapters."""

    scope = Scope.APP

    def __init__(self, catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock, direct: FakeDirectAccess) -> None:
        super().__init__()
        self._catalog = catalog
        self._blobs = blobs
        self._clock = clock
        self._direct = direct

    @provide(override=True)
    def catalog(self) -> Catalog:
        return self._catalog

    @provide(override=True)
    def blob_store(self) -> BlobStore:
        return self._blobs

    @provide(override=True)
    def direct_access(self) -> DirectAccess:
        return self._direct

    @provide(override=True)
    def partial_blobs(self) -> PartialBlobs:
        return FakePartialBlobs(self._blobs)

    @provide(override=True)
    def clock(self) -> Clock:
        return self._clock


class Service(msgspec.Struct, frozen=True):
    """The application and the fakes below it."""

    app: ASGIApp
    catalog: FakeCatalog
    blobs: FakeBlobStore
    clock: FakeClock
    direct: FakeDirectAccess
    reservations: Reservations


@asynccontextmanager
async def open_service(*, grace: float = 0.0, environ: Mapping[str, str] | None = None) -> AsyncIterator[Service]:
    """Run the whole service until the context ends."""
    settings = read_settings(
        {
            "FILEPORT_DATABASE_URL": "postgresql://nowhere.invalid/fileport",
            "FILEPORT_ROOT_KEY": ROOT_KEY,
            "FILEPORT_MAX_FILE_SIZE": str(16 * 1024 * 1024),
            # A look for jobs at a catalog that a test has left failing is logged amid whichever test comes then.
            "FILEPORT_JOB_INTERVAL": "3600",
            **(environ or {}),
        }
    )
    clock = FakeClock()
    catalog, blobs = FakeCatalog(clock, grace=grace), FakeBlobStore()
    direct = FakeDirectAccess(blobs, clock)
    container = make_container(settings, Fakes(catalog, blobs, clock, direct))
    app = create_app(container, settings)
    async with running(app):
        yield Service(app, catalog, blobs, clock, direct, await container.get(Reservations))


@pytest.fixture(scope="session")
async def service() -> AsyncIterator[Service]:
    """The whole service, made once: making it takes longer than most tests."""
    async with open_service() as service:
        yield service


@pytest.fixture
async def client(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service that holds nothing yet."""
    service.catalog.fail_with = None
    await service.reservations.close()
    service.clock.reset()
    service.catalog.reset()
    service.blobs.reset()
    service.direct.reset()
    async with client_of(service.app) as client:
        client.event_hooks = {"response": [lint]}
        yield client


async def lint(answer: httpx.Response) -> None:
    """Fail the test whose request has an answer that a linter of HTTP complains about."""
    await answer.aread()
    assert complaints(answer) == [], answer.request


@pytest.fixture
def catalog(service: Service) -> FakeCatalog:
    return service.catalog


@pytest.fixture
def blobs(service: Service) -> FakeBlobStore:
    return service.blobs


@pytest.fixture
def direct(service: Service) -> FakeDirectAccess:
    return service.direct
