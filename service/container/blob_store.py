"""The blob store, in S3 or in a directory."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dishka import Provider, Scope, provide

from adapters.disk import DiskBlobStore, DiskPartBlobs, DiskPartialBlobs, NoDirectAccess, open_disk_blob_store
from domain.blobs.ports import BlobStore, DirectAccess, PartBlobs, PartialBlobs
from domain.values.clock import Clock
from service.container.circuits import Stores, guarded
from service.settings import Settings


class StoreProvider(Provider):
    """The blob store by its ports."""

    scope = Scope.APP

    @provide
    def blob_store(self, stores: Stores) -> BlobStore:
        return stores.blobs

    @provide
    def partial_blobs(self, stores: Stores) -> PartialBlobs:
        return stores.partials

    @provide
    def part_blobs(self, stores: Stores) -> PartBlobs:
        return stores.parts


class DiskProvider(StoreProvider):
    """The blob store in a directory."""

    direct_access = provide(NoDirectAccess, provides=DirectAccess)

    @provide
    async def stores(self, settings: Settings, clock: Clock) -> Stores:
        root = _root(settings)
        return guarded(Stores(await open_disk(settings), DiskPartialBlobs(root), DiskPartBlobs(root)), clock)


class ExistingDiskProvider(Provider):
    """The blob store in an existing directory: one that is not mounted must not look like an empty one."""

    scope = Scope.APP

    @provide(override=True)
    def blob_store(self, settings: Settings) -> BlobStore:
        return DiskBlobStore(_root(settings))


class S3Provider(StoreProvider):
    """The blob store in S3."""

    @provide
    async def stores(self, settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
        async with open_s3(settings) as stores:
            yield guarded(stores, clock)

    @provide
    async def direct_access(self, settings: Settings) -> AsyncIterator[DirectAccess]:
        from adapters.s3 import COPY_SECONDS, S3Bucket, S3DirectAccess, connect_s3  # noqa: PLC0415 - likewise

        endpoint_url, region = settings.s3_endpoint_url, settings.s3_region
        async with (
            connect_s3(
                region=region,
                endpoint_url=endpoint_url,
                request_timeout=settings.s3_timeout,
                idle_timeout=COPY_SECONDS,
            ) as connection,
            connect_s3(region=region, endpoint_url=settings.s3_public_endpoint_url or endpoint_url) as signing,
        ):
            bucket = S3Bucket(connection, str(settings.s3_bucket), timeout=settings.s3_timeout)
            yield S3DirectAccess(bucket, signing=signing.client, life=settings.signed_url_life)


async def open_disk(settings: Settings) -> DiskBlobStore:
    """Return the blob store in the data directory. Raises `BlobStoreUnavailableError`."""
    return await open_disk_blob_store(_root(settings))


@asynccontextmanager
async def open_s3(settings: Settings) -> AsyncIterator[Stores]:
    """Open the blob store in S3, and close it at the end. Raises `BlobStoreUnavailableError`."""
    from adapters.s3 import S3BlobStore, S3Bucket, S3PartBlobs, S3PartialBlobs, connect_s3  # noqa: PLC0415 - takes half a second, which the disk store need not wait

    async with connect_s3(
        region=settings.s3_region, endpoint_url=settings.s3_endpoint_url, request_timeout=settings.s3_timeout
    ) as connection:
        bucket = S3Bucket(connection, str(settings.s3_bucket), timeout=settings.s3_timeout)
        blobs = S3BlobStore(bucket)
        memory = blobs.memory
        yield Stores(blobs, S3PartialBlobs(bucket, memory=memory), S3PartBlobs(bucket, memory=memory))


def _root(settings: Settings) -> Path:
    return settings.data_dir / "blobs"
