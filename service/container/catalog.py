"""The catalog on Postgres."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from dishka import Provider, Scope, provide

from adapters.postgres import RotatingCredentials, check_migrated, create_pool, migrate
from adapters.postgres.archives import PostgresArchives
from adapters.postgres.audit.audit import PostgresAudit
from adapters.postgres.batches import PostgresBatches
from adapters.postgres.blobs import GracePeriod, PostgresBlobRecords
from adapters.postgres.buckets import PostgresBuckets
from adapters.postgres.database.transactions import SHARE_OF_SLOW_SEARCHES, Database
from adapters.postgres.direct_uploads import PostgresDirectUploads
from adapters.postgres.files.files import PostgresFiles
from adapters.postgres.files.search.listing import PostgresFileSearch
from adapters.postgres.idempotency import PostgresIdempotencyKeys
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.keys.changes import PostgresKeyChanges
from adapters.postgres.keys.keys import PostgresKeys
from adapters.postgres.keys.records import PostgresKeyRecords
from adapters.postgres.links import PostgresLinks
from adapters.postgres.maintenance import PostgresCatalogHealth, PostgresCatalogIntegrity
from adapters.postgres.multipart.uploads import PostgresMultipartUploads
from adapters.postgres.quotas.reservations import PostgresQuotas
from adapters.postgres.upload_locks import PostgresUploadLocks
from adapters.postgres.uploads import PostgresUploads
from domain.archives.ports import Archives
from domain.audit.ports import Audit
from domain.batches.ports import Batches
from domain.blobs.ports import BlobRecords
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.ports import Files
from domain.files.search.ports import FileSearch
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.keys.ports import KeyChanges, KeyRecords, Keys
from domain.links.ports import Links
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.multipart.ports import MultipartUploads
from domain.quotas.ports import Quotas
from domain.uploads.ports import UploadLocks, Uploads
from service.settings import Settings


class _Databases(NamedTuple):
    shared: Database
    checking: Database
    credentials: RotatingCredentials | None


class CatalogProvider(Provider):
    """Every port of the catalog, on one pool of connections."""

    scope = Scope.APP

    archives = provide(PostgresArchives, provides=Archives)
    audit = provide(PostgresAudit, provides=Audit)
    batches = provide(PostgresBatches, provides=Batches)
    blob_records = provide(PostgresBlobRecords, provides=BlobRecords)
    buckets = provide(PostgresBuckets, provides=Buckets)
    direct_uploads = provide(PostgresDirectUploads, provides=DirectUploads)
    file_search = provide(PostgresFileSearch, provides=FileSearch)
    files = provide(PostgresFiles, provides=Files)
    idempotency_keys = provide(PostgresIdempotencyKeys, provides=IdempotencyKeys)
    integrity = provide(PostgresCatalogIntegrity, provides=CatalogIntegrity)
    jobs = provide(PostgresJobs, provides=Jobs)
    links = provide(PostgresLinks, provides=Links)
    key_records = provide(PostgresKeyRecords, provides=KeyRecords)
    keys = provide(PostgresKeys, provides=Keys)
    multipart_uploads = provide(PostgresMultipartUploads, provides=MultipartUploads)
    quotas = provide(PostgresQuotas, provides=Quotas)
    upload_locks = provide(PostgresUploadLocks, provides=UploadLocks)
    uploads = provide(PostgresUploads, provides=Uploads)

    @provide
    def grace(self, settings: Settings) -> GracePeriod:
        return GracePeriod(settings.blob_grace)

    @provide
    async def databases(self, settings: Settings) -> AsyncIterator[_Databases]:
        async with (
            open_credentials(settings) as credentials,
            create_pool(
                settings.database_pooler_url or str(settings.database_url),
                credentials=credentials,
                size=settings.database_pool_size,
                acquire_timeout=settings.database_pool_timeout,
                statement_cache_size=None if settings.database_pooler_url is None else 0,
            ) as pool,
            # Health is asked for under load too, and must not depend on how many calls wait for the pool.
            create_pool(str(settings.database_url), credentials=credentials, size=1) as checking,
        ):
            shared = Database(
                pool,
                search_seconds=settings.search_timeout,
                slow_searches=max(1, settings.database_pool_size // SHARE_OF_SLOW_SEARCHES),
            )
            yield _Databases(shared, Database(checking), credentials)

    @provide
    def database(self, databases: _Databases) -> Database:
        return databases.shared

    @provide
    def key_changes(self, settings: Settings, databases: _Databases) -> KeyChanges:
        return PostgresKeyChanges(str(settings.database_url), databases.credentials)

    @provide
    def health(self, databases: _Databases) -> CatalogHealth:
        return PostgresCatalogHealth(databases.checking)


@asynccontextmanager
async def open_credentials(settings: Settings) -> AsyncIterator[RotatingCredentials | None]:
    """Give the database's credentials where a secret keeps them, None where the URL has them itself."""
    if settings.database_secret_id is None:
        yield None
        return
    from adapters.secrets import SecretsManagerSource, open_secrets_client  # noqa: PLC0415 - takes half a second, which others need not wait

    async with open_secrets_client() as client:
        yield RotatingCredentials(SecretsManagerSource(client), settings.database_secret_id)


async def migrate_catalog(settings: Settings) -> None:
    """Bring the catalog's tables up to date; any number of replicas may do so at once."""
    async with open_credentials(settings) as credentials:
        await migrate(str(settings.database_url), credentials=credentials)


async def check_catalog(settings: Settings) -> None:
    """Return if the catalog has this release's tables. Raises `CatalogUnavailableError`."""
    async with open_credentials(settings) as credentials:
        await check_migrated(str(settings.database_url), credentials=credentials)
