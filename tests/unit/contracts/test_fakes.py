"""The fakes keep the ports' contracts."""

import pytest

from domain.buckets.model import Usage
from tests.contracts.archives import ArchivesContract
from tests.contracts.batches import BatchesContract
from tests.contracts.blob_store.direct_access import Answer, DirectAccessContract
from tests.contracts.blob_store.listing import BlobStoreListingContract
from tests.contracts.blob_store.store import BlobStoreContract
from tests.contracts.blobs import BlobsContract
from tests.contracts.buckets import BucketsContract
from tests.contracts.commits import CommitsContract
from tests.contracts.direct_uploads import DirectUploadsContract
from tests.contracts.files import FilesContract
from tests.contracts.idempotency import IdempotencyKeysContract
from tests.contracts.integrity import AuditContract
from tests.contracts.jobs import JobsContract
from tests.contracts.partial_blobs.callers import CompletingAtOnceContract, FormerCallersContract
from tests.contracts.partial_blobs.concatenation import ConcatenationContract
from tests.contracts.partial_blobs.partial_blobs import PartialBlobsContract
from tests.contracts.search.filters import FiltersContract
from tests.contracts.search.listing import ListingContract
from tests.contracts.search.where import WhereContract
from tests.contracts.secret_source import SecretSourceContract
from tests.contracts.setup import GRACE, CatalogContract
from tests.contracts.uploads import UploadsContract
from tests.fakes.blob_store import FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.direct_access import FakeDirectAccess
from tests.fakes.partial_blobs import FakePartialBlobs
from tests.fakes.secret_source import FakeSecretSource


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


class TestFakeBlobStore(BlobStoreContract):
    @pytest.fixture
    def store(self) -> FakeBlobStore:
        return FakeBlobStore(chunk_size=1000)

    async def leftovers(self, store: FakeBlobStore, key: str) -> list[str]:  # type: ignore[override] # this test's own store
        return [each for each in (*store.stored, *store.unfinished) if each == key]


class TestFakeBlobStoreListing(BlobStoreListingContract):
    @pytest.fixture
    def store(self) -> FakeBlobStore:
        return FakeBlobStore()

    async def leave_unfinished(self, store: FakeBlobStore, key: str) -> None:  # type: ignore[override] # likewise
        store.unfinished[key] = bytearray(b"part")

    async def intrude(self, store: FakeBlobStore) -> None:  # type: ignore[override] # it keeps nothing else
        pass


class TestFakeDirectAccess(DirectAccessContract):
    @pytest.fixture
    def store(self) -> FakeBlobStore:
        return FakeBlobStore()

    @pytest.fixture
    def direct(self, store: FakeBlobStore) -> FakeDirectAccess:
        self._direct = FakeDirectAccess(store, FakeClock())
        return self._direct

    async def send(self, method: str, url: str, content: bytes = b"") -> Answer:
        found = self._direct.send(method, url, content)
        return Answer(found.status, found.headers, found.content)


class FakePartialBlobsContract:
    @pytest.fixture
    def store(self) -> FakeBlobStore:
        return FakeBlobStore()

    @pytest.fixture
    def partials(self, store: FakeBlobStore) -> FakePartialBlobs:
        return FakePartialBlobs(store, piece_size=1_000_000)

    async def leftovers(self, store: FakeBlobStore, key: str) -> list[str]:
        return [each for each in (*store.stored, *store.unfinished, *store.pieces) if each == key]


class TestFakePartialBlobs(FakePartialBlobsContract, PartialBlobsContract):  # type: ignore[misc] # this test's own store
    pass


class TestFakeFormerCallers(FakePartialBlobsContract, FormerCallersContract, CompletingAtOnceContract):  # type: ignore[misc] # likewise
    pass


class TestFakeConcatenation(FakePartialBlobsContract, ConcatenationContract):  # type: ignore[misc] # likewise
    pass


class TestFakeSecretSource(SecretSourceContract):
    @pytest.fixture
    def source(self) -> FakeSecretSource:
        return FakeSecretSource()

    async def keep(self, source: FakeSecretSource, id: str, text: str) -> None:  # type: ignore[override] # likewise
        source.secrets[id] = text
