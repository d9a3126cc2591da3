"""PostgreSQL keeps the contracts of the catalog, on one connection each and its every change undone."""

import pytest

from adapters.postgres import PostgresCatalog
from domain.buckets.model import Usage
from domain.catalog import Catalog
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
from tests.support.databases import OneConnection


class PostgresContract(CatalogContract):
    @pytest.fixture
    def catalog(self, one_connection: OneConnection) -> Catalog:
        return PostgresCatalog(one_connection, grace=0)

    @pytest.fixture
    def patient_catalog(self, one_connection: OneConnection) -> Catalog:
        return PostgresCatalog(one_connection, grace=GRACE)


class TestBuckets(PostgresContract, BucketsContract):
    pass


class TestBlobs(PostgresContract, BlobsContract):
    pass


class TestAudit(PostgresContract, AuditContract):
    @pytest.fixture(autouse=True)
    def _connection(self, one_connection: OneConnection) -> None:
        self.one_connection = one_connection

    async def miscount_usage(self, catalog: Catalog, bucket: str, error: Usage) -> None:
        await self._execute("INSERT INTO bucket_usage VALUES ($1, 999, $2, $3)", bucket, error.bytes, error.files)

    async def miscount_files(self, catalog: Catalog, key: str, error: int) -> None:
        await self._execute(
            "UPDATE blobs SET file_count = file_count + $2,"
            " state = CASE file_count + $2 WHEN 0 THEN 'condemned' ELSE state END,"
            " due_at = CASE file_count + $2 WHEN 0 THEN statement_timestamp() END WHERE key = $1",
            key,
            error,
        )

    async def lose_files(self, catalog: Catalog, key: str) -> None:
        await self._execute("DELETE FROM files WHERE blob_key = $1", key)

    async def _execute(self, sql: str, *values: object) -> None:
        async with self.one_connection.connection() as connection:
            await connection.execute(sql, *values)


class TestArchives(PostgresContract, ArchivesContract):
    pass


class TestCommits(PostgresContract, CommitsContract):
    pass


class TestDirectUploads(PostgresContract, DirectUploadsContract):
    pass


class TestFiles(PostgresContract, FilesContract):
    pass


class TestBatches(PostgresContract, BatchesContract):
    pass


class TestJobs(PostgresContract, JobsContract):
    pass


class TestFilters(PostgresContract, FiltersContract):
    pass


class TestWhere(PostgresContract, WhereContract):
    pass


class TestIdempotencyKeys(PostgresContract, IdempotencyKeysContract):
    pass


class TestListing(PostgresContract, ListingContract):
    pass


class TestUploads(PostgresContract, UploadsContract):
    pass
