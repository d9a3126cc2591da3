"""The one place that knows which adapter keeps which port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from dishka import (
    STRICT_VALIDATION,
    AsyncContainer,
    Provider,
    Scope,
    alias,
    from_context,
    make_async_container,
    provide,
    provide_all,
)

from adapters.clock import SystemClock
from adapters.disk import DiskBlobStore, DiskPartialBlobs, NoDirectAccess, open_disk_blob_store
from adapters.postgres import PostgresCatalog, RotatingCredentials, check_migrated, create_pool, migrate
from domain.archives.ports import Archives
from domain.archives.read_archive import ReadArchive
from domain.batches.apply_batch import ApplyBatch
from domain.batches.ports import Batches
from domain.blobs.ports import BlobRecords, BlobStore, DirectAccess, PartialBlobs
from domain.blobs.reservations import Reservations
from domain.buckets.delete_bucket import DeleteBucket
from domain.buckets.find_bucket import FindBucket
from domain.buckets.list_buckets import ListBuckets
from domain.buckets.ports import Buckets
from domain.buckets.put_bucket import PutBucket
from domain.catalog import Catalog
from domain.direct_uploads.abort_direct_upload import AbortDirectUpload
from domain.direct_uploads.begin_direct_upload import BeginDirectUpload
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.direct_uploads.find_direct_upload import FindDirectUpload
from domain.direct_uploads.list_direct_uploads import ListDirectUploads
from domain.direct_uploads.ports import DirectUploads
from domain.direct_uploads.sign_parts import SignParts
from domain.files.change_file import ChangeFile
from domain.files.content.admission import Admission
from domain.files.content.read_file import ReadFile
from domain.files.content.read_text import ReadText
from domain.files.content.redirect_read import RedirectRead
from domain.files.content.store_file import StoreFile
from domain.files.content.store_once import StoreOnce
from domain.files.copy_file import CopyFile
from domain.files.delete_file import DeleteFile
from domain.files.find_file import FindFile
from domain.files.ports import Files
from domain.files.search.list_files import ListFiles
from domain.files.search.ports import FileSearch
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.end_job import EndJob
from domain.jobs.find_job import FindJob
from domain.jobs.list_jobs import ListJobs
from domain.jobs.ports import Jobs
from domain.jobs.start_job import StartJob
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.maintenance.check_health import CheckHealth
from domain.maintenance.check_integrity import CheckIntegrity
from domain.maintenance.check_store import CheckStore
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.maintenance.reap import Reap
from domain.maintenance.repair_findings import RepairFindings
from domain.maintenance.sweep import Sweep
from domain.uploads.append_to_upload import AppendToUpload
from domain.uploads.begin_upload import BeginUpload
from domain.uploads.end_upload import EndUpload
from domain.uploads.find_upload import FindUpload
from domain.uploads.finish_upload import FinishUpload
from domain.uploads.list_uploads import ListUploads
from domain.uploads.ports import UploadLocks, Uploads
from domain.uploads.running_hashes import RunningHashes
from domain.uploads.upload_lock import LockUpload
from domain.values.clock import Clock
from service.container.circuits import Stores, guarded
from service.runtime.concurrency import Capacity
from service.runtime.direct_upload_completions import DirectUploadCompletions
from service.runtime.wake_up import WakeUp
from service.settings import Settings

AUDITING_CONNECTIONS = 4
# A job whose worker died waits for so many of the rests between two looks for jobs.
JOB_LEASE = 3
# How long a request that died keeps its idempotency key: its caller may be waiting to send it again.
CLAIM_LEASE = 30.0


class UseCases(Provider):
    """Everything that the service does; each lives as long as the application."""

    scope = Scope.APP

    settings = from_context(Settings)
    clock = provide(SystemClock, provides=Clock)
    wake_up = provide(WakeUp)
    buckets = alias(source=Catalog, provides=Buckets)
    files = alias(source=Catalog, provides=Files)
    batches = alias(source=Catalog, provides=Batches)
    file_search = alias(source=Catalog, provides=FileSearch)
    blob_records = alias(source=Catalog, provides=BlobRecords)
    integrity = alias(source=Catalog, provides=CatalogIntegrity)
    health = alias(source=Catalog, provides=CatalogHealth)
    jobs = alias(source=Catalog, provides=Jobs)
    archives = alias(source=Catalog, provides=Archives)
    idempotency_keys = alias(source=Catalog, provides=IdempotencyKeys)
    direct_uploads = alias(source=Catalog, provides=DirectUploads)
    uploads = alias(source=Catalog, provides=Uploads)
    upload_locks = alias(source=Catalog, provides=UploadLocks)
    all_simple = provide_all(
        AbortDirectUpload,
        ApplyBatch,
        ChangeFile,
        CheckHealth,
        CheckIntegrity,
        CheckStore,
        CompleteDirectUpload,
        CopyFile,
        DeleteBucket,
        DeleteFile,
        EndJob,
        EndUpload,
        FindBucket,
        FindDirectUpload,
        FindFile,
        FindJob,
        FindUpload,
        ListBuckets,
        ListDirectUploads,
        ListFiles,
        ListJobs,
        ListUploads,
        PutBucket,
        ReadArchive,
        ReadFile,
        ReadText,
        RedirectRead,
        RepairFindings,
        StartJob,
        StoreFile,
        StoreOnce,
        AppendToUpload,
        SignParts,
        Sweep,
    )

    @provide
    def admission(self, buckets: Buckets, files: Files, settings: Settings) -> Admission:
        return Admission(buckets, files, max_file_size=settings.max_file_size)

    @provide
    def reap(
        self,
        *,
        files: Files,
        uploads: Uploads,
        jobs: Jobs,
        idempotency_keys: IdempotencyKeys,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        settings: Settings,
    ) -> Reap:
        return Reap(
            files=files,
            uploads=uploads,
            jobs=jobs,
            idempotency_keys=idempotency_keys,
            blob_records=blob_records,
            blob_store=blob_store,
            lease=settings.staged_lease,
            job_retention=settings.job_retention,
        )

    @provide
    def work_on_jobs(self, jobs: Jobs, settings: Settings) -> WorkOnJobs:
        return WorkOnJobs(jobs, lease=JOB_LEASE * settings.job_interval)

    @provide
    def capacity(self, settings: Settings) -> Capacity:
        return Capacity(uploads=settings.max_uploads, downloads=settings.max_downloads)

    @provide
    async def reservations(
        self, blob_records: BlobRecords, clock: Clock, settings: Settings
    ) -> AsyncIterator[Reservations]:
        reservations = Reservations(blob_records, clock, lease=settings.staged_lease)
        yield reservations
        await reservations.close()

    @provide
    def once(self, idempotency_keys: IdempotencyKeys, clock: Clock, settings: Settings) -> IdempotentExecutor:
        return IdempotentExecutor(
            idempotency_keys, clock, lease=min(CLAIM_LEASE, settings.staged_lease), ttl=settings.idempotency_ttl
        )

    @provide
    def begin_direct_upload(
        self,
        *,
        direct_uploads: DirectUploads,
        blob_records: BlobRecords,
        blob_store: BlobStore,
        direct_access: DirectAccess,
        admission: Admission,
        idempotent: IdempotentExecutor,
        settings: Settings,
    ) -> BeginDirectUpload:
        return BeginDirectUpload(
            direct_uploads=direct_uploads,
            blob_records=blob_records,
            blob_store=blob_store,
            direct_access=direct_access,
            admission=admission,
            idempotent=idempotent,
            life=settings.direct_upload_life,
            url_life=settings.signed_url_life,
        )

    @provide
    def completions(self, complete: CompleteDirectUpload) -> DirectUploadCompletions:
        return DirectUploadCompletions(complete)

    @provide
    def running_hashes(self) -> RunningHashes:
        return RunningHashes()

    @provide
    def lock_upload(self, uploads: Uploads, locks: UploadLocks, settings: Settings) -> LockUpload:
        return LockUpload(uploads, locks, ttl=settings.upload_ttl)

    @provide
    def finish_upload(
        self,
        uploads: Uploads,
        blob_store: BlobStore,
        partial_blobs: PartialBlobs,
        admission: Admission,
        settings: Settings,
    ) -> FinishUpload:
        return FinishUpload(uploads, blob_store, partial_blobs, admission, kept=settings.upload_ttl)

    @provide
    def begin_upload(
        self,
        *,
        uploads: Uploads,
        admission: Admission,
        append: AppendToUpload,
        find: FindUpload,
        end: EndUpload,
        idempotent: IdempotentExecutor,
        settings: Settings,
    ) -> BeginUpload:
        return BeginUpload(
            uploads=uploads,
            admission=admission,
            append=append,
            find=find,
            end=end,
            idempotent=idempotent,
            ttl=settings.upload_ttl,
        )


class PostgresProvider(Provider):
    """The catalog on Postgres."""

    scope = Scope.APP

    @provide
    async def catalog(self, settings: Settings) -> AsyncIterator[Catalog]:
        async with (
            open_credentials(settings) as credentials,
            create_pool(
                str(settings.database_url),
                credentials=credentials,
                size=settings.database_pool_size,
                acquire_timeout=settings.database_pool_timeout,
            ) as pool,
            # Health is asked for under load too, and is not to depend on how many wait for the pool.
            create_pool(str(settings.database_url), credentials=credentials, size=1) as checking,
        ):
            yield PostgresCatalog(pool, grace=settings.blob_grace, checking=checking)


class StoreProvider(Provider):
    """The blob store by its ports."""

    scope = Scope.APP

    @provide
    def blob_store(self, stores: Stores) -> BlobStore:
        return stores.blobs

    @provide
    def partial_blobs(self, stores: Stores) -> PartialBlobs:
        return stores.partials


class DiskProvider(StoreProvider):
    """The blob store in a directory."""

    direct_access = provide(NoDirectAccess, provides=DirectAccess)

    @provide
    async def stores(self, settings: Settings, clock: Clock) -> Stores:
        root = settings.data_dir / "blobs"
        return guarded(await open_disk_blob_store(root), DiskPartialBlobs(root), clock)


class FoundDiskProvider(Provider):
    """The blob store in a directory that is there already: one that is not mounted must not look like an empty one."""

    scope = Scope.APP

    @provide(override=True)
    def blob_store(self, settings: Settings) -> BlobStore:
        return DiskBlobStore(settings.data_dir / "blobs")


class S3Provider(StoreProvider):
    """The blob store in S3."""

    @provide
    async def stores(self, settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
        from adapters.s3 import S3BlobStore, S3PartialBlobs, open_s3_client  # noqa: PLC0415 - half a second that others need not wait

        async with open_s3_client(
            region=settings.s3_region, endpoint_url=settings.s3_endpoint_url, patience=settings.s3_timeout
        ) as client:
            bucket, timeout = str(settings.s3_bucket), settings.s3_timeout
            blobs = S3BlobStore(client, bucket, patience=timeout)
            partials = S3PartialBlobs(client, bucket, sending=blobs.sending, patience=timeout)
            yield guarded(blobs, partials, clock)

    @provide
    async def direct_access(self, settings: Settings) -> AsyncIterator[DirectAccess]:
        from adapters.s3 import COPY_SECONDS, S3DirectAccess, open_s3_client  # noqa: PLC0415 - likewise

        endpoint_url, region = settings.s3_endpoint_url, settings.s3_region
        async with (
            open_s3_client(
                region=region, endpoint_url=endpoint_url, patience=settings.s3_timeout, idle_timeout=COPY_SECONDS
            ) as client,
            open_s3_client(region=region, endpoint_url=settings.s3_public_endpoint_url or endpoint_url) as signing,
        ):
            yield S3DirectAccess(
                client,
                str(settings.s3_bucket),
                signing=signing,
                life=settings.signed_url_life,
                patience=settings.s3_timeout,
            )


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Return the container of the stack that `settings` describes; a test's overrides come last."""
    blob_store = S3Provider() if settings.blob_store == "s3" else DiskProvider()
    return make_async_container(
        UseCases(),
        PostgresProvider(),
        blob_store,
        *overrides,
        context={Settings: settings},
        validation_settings=STRICT_VALIDATION,
    )


def make_auditing_container(settings: Settings) -> AsyncContainer:
    """As `make_container`, for a look at what is there: it makes no directories, and takes few connections."""
    settings = msgspec.structs.replace(settings, database_pool_size=AUDITING_CONNECTIONS)
    overrides = [FoundDiskProvider()] if settings.blob_store == "disk" else []
    return make_container(settings, *overrides)


@asynccontextmanager
async def open_credentials(settings: Settings) -> AsyncIterator[RotatingCredentials | None]:
    """Give the database's credentials where a secret keeps them, None where the URL has them itself."""
    if settings.database_secret_id is None:
        yield None
        return
    from adapters.secrets import SecretsManagerSource, open_secrets_client  # noqa: PLC0415 - likewise

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


async def check_disk(settings: Settings) -> None:
    """Return if the disk store, where that is the store, may be the catalog's. Raises `WrongBlobStoreError`."""
    if settings.blob_store != "disk":
        return
    container = make_auditing_container(settings)
    try:
        await (await container.get(CheckStore))()
    finally:
        await container.close()
