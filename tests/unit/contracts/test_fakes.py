"""The fakes keep the ports' contracts."""

import pytest

from domain.buckets.model import Usage
from tests.contracts.archives import ArchivesContract
from tests.contracts.batches import BatchesContract
from tests.contracts.blobs import BlobsContract
from tests.contracts.buckets import BucketsContract
from tests.contracts.commits import CommitsContract
from tests.contracts.direct_uploads import DirectUploadsContract
from tests.contracts.files import FilesContract
from tests.contracts.idempotency import IdempotencyKeysContract
from tests.contracts.integrity import AuditContract
from tests.contracts.jobs import JobsContract
from tests.contracts.search.filters import FiltersContract
from tests.contracts.search.listing import ListingContract
from tests.contracts.search.where import WhereContract
from tests.contracts.setup import GRACE, CatalogContract
from tests.contracts.uploads import UploadsContract
from tests.fakes.catalog import FakeCatalog


class FakeCatalogContract(CatalogContract):
    @pytest.fixture
    def catalog(self) -> FakeCatalog:
        return FakeCatalog()

    @pytest.fixture
    def patient_catalog(self) -> FakeCatalog:
        return FakeCatalog(grace=GRACE)


class TestFakeBuckets(FakeCatalogContract, BucketsContract):
    pass


class TestFakeBlobs(FakeCatalogContract, BlobsContract):
    pass


class TestFakeAudit(FakeCatalogContract, AuditContract):
    async def miscount_usage(self, catalog: FakeCatalog, bucket: str, error: Usage) -> None:  # type: ignore[override] # this test's own
        catalog.usage_errors[bucket] = error

    async def miscount_files(self, catalog: FakeCatalog, key: str, error: int) -> None:  # type: ignore[override] # likewise
        catalog.miscount_files(key, error)

    async def lose_files(self, catalog: FakeCatalog, key: str) -> None:  # type: ignore[override] # likewise
        catalog.lose_files(key)


class TestFakeArchives(FakeCatalogContract, ArchivesContract):
    pass


class TestFakeCommits(FakeCatalogContract, CommitsContract):
    pass


class TestFakeDirectUploads(FakeCatalogContract, DirectUploadsContract):
    pass


class TestFakeFiles(FakeCatalogContract, FilesContract):
    pass


class TestFakeBatches(FakeCatalogContract, BatchesContract):
    pass


class TestFakeJobs(FakeCatalogContract, JobsContract):
    pass


class TestFakeFilters(FakeCatalogContract, FiltersContract):
    pass


class TestFakeWhere(FakeCatalogContract, WhereContract):
    pass


class TestFakeIdempotencyKeys(FakeCatalogContract, IdempotencyKeysContract):
    pass


class TestFakeListing(FakeCatalogContract, ListingContract):
    pass


class TestFakeUploads(FakeCatalogContract, UploadsContract):
    pass
