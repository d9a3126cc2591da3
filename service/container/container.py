"""The container: every port with its adapter, and the use cases on the ports."""

import msgspec
from dishka import STRICT_VALIDATION, AsyncContainer, Provider, make_async_container

from domain.maintenance.check_store import CheckStore
from service.container.blob_store import DiskProvider, ExistingDiskProvider, S3Provider
from service.container.catalog import CatalogProvider
from service.container.use_cases import UseCases
from service.settings import Settings

INSPECTION_CONNECTIONS = 4


def make_container(settings: Settings, *overrides: Provider) -> AsyncContainer:
    """Return the container of the stack that `settings` describes, with the `overrides` of a test."""
    blob_store = S3Provider() if settings.blob_store == "s3" else DiskProvider()
    return make_async_container(
        UseCases(),
        CatalogProvider(),
        blob_store,
        *overrides,
        context={Settings: settings},
        validation_settings=STRICT_VALIDATION,
    )


def make_inspection_container(settings: Settings) -> AsyncContainer:
    """Return the container for an inspection: it creates no directories, and takes few connections."""
    settings = msgspec.structs.replace(settings, database_pool_size=INSPECTION_CONNECTIONS)
    overrides = [ExistingDiskProvider()] if settings.blob_store == "disk" else []
    return make_container(settings, *overrides)


async def check_disk(settings: Settings) -> None:
    """Return if the blob store is not on disk, or may belong to the catalog. Raises `WrongBlobStoreError`."""
    if settings.blob_store != "disk":
        return
    container = make_inspection_container(settings)
    try:
        await (await container.get(CheckStore))()
    finally:
        await container.close()
