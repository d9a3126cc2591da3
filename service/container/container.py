"""The container: every port with its adapter, and the use cases on the ports."""

import msgspec
from dishka import STRICT_VALIDATION, AsyncContainer, Provider, make_async_container

from domain.blobs.ports import BlobStore, PartialBlobs
from domain.files.ports import Files
from domain.maintenance.check_store import CheckStore
from domain.maintenance.ports import CatalogHealth
from domain.secrets.ports import Mac
from service.container.access import AccessProvider
from service.container.blob_store import DiskProvider, ExistingDiskProvider, S3Provider, open_disk, open_s3
from service.container.catalog import CatalogProvider
from service.container.keys import KeysProvider
from service.container.s3 import S3ProtocolProvider
from service.container.secrets import SecretsProvider
from service.container.tokens import TokenProvider
from service.container.use_cases import UseCases
from service.settings import Settings

INSPECTION_CONNECTIONS = 4


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Return the container of the stack that `settings` describes, with the `overrides` of a test."""
    blob_store = S3Provider() if settings.blob_store == "s3" else DiskProvider()
    return make_async_container(
        UseCases(),
        AccessProvider(),
        CatalogProvider(),
        KeysProvider(),
        TokenProvider(),
        S3ProtocolProvider(),
        SecretsProvider(),
        blob_store,
        *overrides,
        context={Settings: settings},
        validation_settings=STRICT_VALIDATION,
    )


async def open_stores(container: AsyncContainer) -> None:
    """Open both stores, unless they are open, and derive the keys of the service secret.

    Raises the errors of a store that cannot be opened.
    """
    for part in (Mac, Files, CatalogHealth, BlobStore, PartialBlobs):
        await container.get(part)


def make_inspection_container(settings: Settings) -> AsyncContainer:
    """Return the container for an inspection: it creates no directories, and takes few connections."""
    settings = msgspec.structs.replace(settings, database_pool_size=INSPECTION_CONNECTIONS)
    overrides = [ExistingDiskProvider()] if settings.blob_store == "disk" else []
    return make_container(settings, *overrides)


async def check_blob_store(settings: Settings) -> None:
    """Return if the blob store works, and may belong to the catalog.

    Raises `WrongBlobStoreError`, `BlobStoreUnavailableError`. No circuit is made: it would load the metrics, and
    processes that have loaded them cannot fork workers that share theirs.
    """
    if settings.blob_store == "s3":
        async with open_s3(settings) as stores:
            await stores.blobs.check()
        return
    container = make_inspection_container(settings)
    try:
        await (await container.get(CheckStore))()
        # Only now may the directory be made: it is missing where a disk is not mounted.
        await open_disk(settings)
    finally:
        await container.close()
