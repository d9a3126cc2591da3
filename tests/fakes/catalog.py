"""A fake for each port of the catalog, all on one database."""

import msgspec

from tests.fakes.access.keys import FakeKeyChanges, FakeKeyRecords, FakeKeys
from tests.fakes.access.links import FakeLinks
from tests.fakes.access.quotas import FakeQuotas
from tests.fakes.archives import FakeArchives
from tests.fakes.audit import FakeAudit
from tests.fakes.batches import FakeBatches
from tests.fakes.blobs.records import FakeBlobRecords
from tests.fakes.buckets import FakeBuckets
from tests.fakes.clock import FakeClock
from tests.fakes.database import FakeDatabase
from tests.fakes.direct_uploads import FakeDirectUploads
from tests.fakes.files import FakeFiles
from tests.fakes.idempotency import FakeIdempotencyKeys
from tests.fakes.jobs import FakeJobs
from tests.fakes.maintenance import FakeCatalogHealth, FakeCatalogIntegrity
from tests.fakes.multipart import FakeMultipartUploads
from tests.fakes.search import FakeFileSearch
from tests.fakes.uploads import FakeUploadLocks, FakeUploads


class FakeCatalog(msgspec.Struct, frozen=True, kw_only=True):
    """Look into `database` for rows, to turn the clock, and to let every call fail."""

    database: FakeDatabase
    archives: FakeArchives
    audit: FakeAudit
    batches: FakeBatches
    blob_records: FakeBlobRecords
    buckets: FakeBuckets
    direct_uploads: FakeDirectUploads
    files: FakeFiles
    health: FakeCatalogHealth
    idempotency_keys: FakeIdempotencyKeys
    integrity: FakeCatalogIntegrity
    jobs: FakeJobs
    links: FakeLinks
    key_changes: FakeKeyChanges
    key_records: FakeKeyRecords
    keys: FakeKeys
    multipart_uploads: FakeMultipartUploads
    quotas: FakeQuotas
    search: FakeFileSearch
    upload_locks: FakeUploadLocks
    uploads: FakeUploads


def make_catalog(clock: FakeClock | None = None, *, grace: float = 0.0) -> FakeCatalog:
    """Return a catalog that holds the bucket `default`."""
    return catalog_on(FakeDatabase(clock, grace=grace))


def catalog_on(database: FakeDatabase) -> FakeCatalog:
    changes = FakeKeyChanges()
    return FakeCatalog(
        database=database,
        archives=FakeArchives(database),
        audit=FakeAudit(database),
        batches=FakeBatches(database),
        blob_records=FakeBlobRecords(database),
        buckets=FakeBuckets(database),
        direct_uploads=FakeDirectUploads(database),
        files=FakeFiles(database),
        health=FakeCatalogHealth(database),
        idempotency_keys=FakeIdempotencyKeys(database),
        integrity=FakeCatalogIntegrity(database),
        jobs=FakeJobs(database),
        links=FakeLinks(database),
        key_changes=changes,
        key_records=FakeKeyRecords(database, changes),
        keys=FakeKeys(database, changes),
        multipart_uploads=FakeMultipartUploads(database),
        quotas=FakeQuotas(database),
        search=FakeFileSearch(database),
        upload_locks=FakeUploadLocks(database),
        uploads=FakeUploads(database),
    )
