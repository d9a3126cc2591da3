"""The whole service on the fakes."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec
from dishka import Provider, Scope, provide
from litestar.types import ASGIApp

from domain.archives.ports import Archives
from domain.batches.ports import Batches
from domain.blobs.ports import BlobRecords, BlobStore, DirectAccess, PartialBlobs
from domain.blobs.reservations import Reservations
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.ports import Files
from domain.files.search.ports import FileSearch
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.uploads.ports import UploadLocks, Uploads
from domain.values.clock import Clock
from service.container.container import make_container
from service.http.app import create_app
from service.settings import read_settings
from tests.fakes.blob_store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.direct_access import FakeDirectAccess
from tests.fakes.partial_blobs import FakePartialBlobs
from tests.support.clients import ROOT_KEY, running
from tests.support.lint import complaints


class Fakes(msgspec.Struct, frozen=True):
    """A fake for each part that the service reaches."""

    catalog: FakeCatalog
    blobs: FakeBlobStore
    clock: FakeClock
    direct: FakeDirectAccess

    def reset(self) -> None:
        """Empty them all, and set the clock back."""
        for fake in (self.clock, self.catalog, self.blobs, self.direct):
            fake.reset()


def make_fakes(*, grace: float = 0.0) -> Fakes:
    """Return fakes that share a clock and hold nothing."""
    clock, blobs = FakeClock(), FakeBlobStore()
    return Fakes(FakeCatalog(clock, grace=grace), blobs, clock, FakeDirectAccess(blobs, clock))


CATALOG_PORTS = (
    Archives,
    Batches,
    BlobRecords,
    Buckets,
    CatalogHealth,
    CatalogIntegrity,
    DirectUploads,
    Files,
    FileSearch,
    IdempotencyKeys,
    Jobs,
    UploadLocks,
    Uploads,
)


class CatalogOnFake(Provider):
    """Puts one fake in the place of the adapters of the catalog."""

    def __init__(self, catalog: FakeCatalog) -> None:
        super().__init__(scope=Scope.APP)
        for port in CATALOG_PORTS:
            self.provide(lambda: catalog, provides=port, override=True)


class FakesProvider(Provider):
    """Puts the fakes in the place of the adapters."""

    scope = Scope.APP

    def __init__(self, fakes: Fakes) -> None:
        super().__init__()
        self._fakes = fakes

    @provide(override=True)
    def blob_store(self) -> BlobStore:
        return self._fakes.blobs

    @provide(override=True)
    def direct_access(self) -> DirectAccess:
        return self._fakes.direct

    @provide(override=True)
    def partial_blobs(self) -> PartialBlobs:
        return FakePartialBlobs(self._fakes.blobs)

    @provide(override=True)
    def clock(self) -> Clock:
        return self._fakes.clock


class Service(msgspec.Struct, frozen=True):
    """The application and the fakes below it."""

    app: ASGIApp
    fakes: Fakes
    reservations: Reservations

    @property
    def catalog(self) -> FakeCatalog:
        return self.fakes.catalog

    @property
    def blobs(self) -> FakeBlobStore:
        return self.fakes.blobs

    @property
    def clock(self) -> FakeClock:
        return self.fakes.clock

    @property
    def direct(self) -> FakeDirectAccess:
        return self.fakes.direct


@asynccontextmanager
async def open_service(
    fakes: Fakes | None = None, *, grace: float = 0.0, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Service]:
    """Run the whole service until the context ends, on fakes of its own where none are given."""
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
    fakes = make_fakes(grace=grace) if fakes is None else fakes
    container = make_container(settings, CatalogOnFake(fakes.catalog), FakesProvider(fakes))
    app = create_app(container, settings)
    async with running(app):
        yield Service(app, fakes, await container.get(Reservations))


async def lint(answer: httpx.Response) -> None:
    """Fail the test whose request has an answer that a linter of HTTP complains about."""
    await answer.aread()
    assert complaints(answer) == [], answer.request
