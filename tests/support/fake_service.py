"""The whole service on the fakes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import httpx
import msgspec
from dishka import Provider, Scope
from litestar.types import ASGIApp

from domain.archives.ports import Archives
from domain.audit.denials import Denials
from domain.audit.ports import Audit
from domain.batches.ports import Batches
from domain.blobs.ports import BlobRecords, BlobStore, DirectAccess, PartBlobs, PartialBlobs
from domain.blobs.reservations import Reservations
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.ports import Files
from domain.files.search.ports import FileSearch
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.keys.ports import KeyChanges, KeyRecords, Keys
from domain.links.ports import Links, Passwords
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.multipart.ports import MultipartUploads
from domain.quotas.ports import Quotas
from domain.uploads.ports import UploadLocks, Uploads
from domain.values.clock import Clock
from service.app import create_app
from service.container.container import make_container
from service.settings import read_settings
from tests.fakes.access.passwords import FakePasswords
from tests.fakes.blobs.direct_access import FakeDirectAccess
from tests.fakes.blobs.part_blobs import FakePartBlobs
from tests.fakes.blobs.partial_blobs import FakePartialBlobs
from tests.fakes.blobs.store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog, make_catalog
from tests.fakes.clock import FakeClock
from tests.support.clients import ROOT_KEY, SERVICE_SECRET, running
from tests.support.lint import complaints


class Fakes(msgspec.Struct, frozen=True):
    """A fake for each part that the service reaches."""

    catalog: FakeCatalog
    blobs: FakeBlobStore
    clock: FakeClock
    direct: FakeDirectAccess
    passwords: FakePasswords

    def reset(self) -> None:
        """Empty them all, and set the clock back."""
        for fake in (self.clock, self.catalog.database, self.blobs, self.direct):
            fake.reset()


def make_fakes(*, grace: float = 0.0) -> Fakes:
    """Return fakes that share a clock and hold nothing."""
    clock, blobs = FakeClock(), FakeBlobStore()
    return Fakes(make_catalog(clock, grace=grace), blobs, clock, FakeDirectAccess(blobs, clock), FakePasswords())


class Replacements(Provider):
    """Puts fakes in the place of the adapters."""

    def __init__(self) -> None:
        super().__init__(scope=Scope.APP)

    def _replace(self, port: type, fake: object) -> None:
        self.provide(lambda: fake, provides=port, override=True)


class CatalogOnFakes(Replacements):
    """The ports of the catalog, and its clock."""

    def __init__(self, catalog: FakeCatalog) -> None:
        super().__init__()
        self._replace(Clock, catalog.database.clock)
        self._replace(Archives, catalog.archives)
        self._replace(Audit, catalog.audit)
        self._replace(Batches, catalog.batches)
        self._replace(BlobRecords, catalog.blob_records)
        self._replace(Buckets, catalog.buckets)
        self._replace(CatalogHealth, catalog.health)
        self._replace(CatalogIntegrity, catalog.integrity)
        self._replace(DirectUploads, catalog.direct_uploads)
        self._replace(Files, catalog.files)
        self._replace(FileSearch, catalog.search)
        self._replace(IdempotencyKeys, catalog.idempotency_keys)
        self._replace(Jobs, catalog.jobs)
        self._replace(Links, catalog.links)
        self._replace(KeyChanges, catalog.key_changes)
        self._replace(KeyRecords, catalog.key_records)
        self._replace(Keys, catalog.keys)
        self._replace(MultipartUploads, catalog.multipart_uploads)
        self._replace(Quotas, catalog.quotas)
        self._replace(UploadLocks, catalog.upload_locks)
        self._replace(Uploads, catalog.uploads)


class PasswordsOnFakes(Replacements):
    """The port of passwords."""

    def __init__(self, passwords: FakePasswords) -> None:
        super().__init__()
        self._replace(Passwords, passwords)


class StoresOnFakes(Replacements):
    """The ports of the blob store."""

    def __init__(self, blobs: FakeBlobStore, direct: FakeDirectAccess) -> None:
        super().__init__()
        self._replace(BlobStore, blobs)
        self._replace(DirectAccess, direct)
        self._replace(PartBlobs, FakePartBlobs(blobs))
        self._replace(PartialBlobs, FakePartialBlobs(blobs))


class Service(msgspec.Struct, frozen=True):
    """The application and the fakes below it."""

    app: ASGIApp
    fakes: Fakes
    reservations: Reservations
    denials: Denials

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

    async def reset(self) -> None:
        """Leave nothing of what was done with it."""
        await self.reservations.close()
        self.fakes.reset()  # of errors that a test let every call end in
        await self.denials.flush()
        self.fakes.reset()  # of the remains of closing


@asynccontextmanager
async def open_service(
    fakes: Fakes | None = None,
    *,
    grace: float = 0.0,
    environ: Mapping[str, str] | None = None,
    make_stores: Callable[[FakeBlobStore, FakeDirectAccess], Provider] = StoresOnFakes,
    has_direct_routes: bool = True,
) -> AsyncIterator[Service]:
    """Run the whole service until the context ends, on fakes of its own where none are given."""
    settings = read_settings(
        {
            "FILEPORT_DATABASE_URL": "postgresql://nowhere.invalid/fileport",
            "FILEPORT_ROOT_KEY": ROOT_KEY,
            "FILEPORT_SERVICE_SECRET": SERVICE_SECRET,
            "FILEPORT_MAX_FILE_SIZE": str(16 * 1024 * 1024),
            # Most tests are about the blob store, and their bodies are small.
            "FILEPORT_INLINE_BYTES": "0",
            # Tests of a whole session share an address, and a clock that stands still.
            "FILEPORT_AUTH_FAILURES": "1000000",
            # A look for jobs at a catalog that a test has left failing is logged amid whichever test comes then.
            "FILEPORT_JOB_INTERVAL": "3600",
            **(environ or {}),
        }
    )
    fakes = make_fakes(grace=grace) if fakes is None else fakes
    container = make_container(
        settings,
        CatalogOnFakes(fakes.catalog),
        PasswordsOnFakes(fakes.passwords),
        make_stores(fakes.blobs, fakes.direct),
    )
    app = create_app(container, settings, has_direct_routes=has_direct_routes)
    async with running(app):
        yield Service(app, fakes, await container.get(Reservations), await container.get(Denials))


async def lint(answer: httpx.Response) -> None:
    """Fail the test whose request has an answer that a linter of HTTP complains about."""
    await answer.aread()
    found = complaints(answer)
    assert found == [], (found, answer.request)
