"""A store that cannot be the catalog's is refused before anything is written to it."""

import pytest

from domain.maintenance.check_store import CheckStore
from domain.maintenance.errors import WrongBlobStoreError
from tests.contracts.setup import reserved, stored
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog


async def test_any_store_will_do_for_a_catalog_without_live_blobs(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    await CheckStore(catalog.integrity, blobs)()
    await reserved(catalog)
    await CheckStore(catalog.integrity, blobs)()


async def test_a_store_with_any_blob_may_be_the_right_one(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    await stored(catalog)
    blobs.stored["0" * 32] = b"x"
    await CheckStore(catalog.integrity, blobs)()


@pytest.mark.parametrize("down", [False, True])
async def test_an_empty_store_cannot_be_that_of_live_blobs(
    catalog: FakeCatalog, blobs: FakeBlobStore, down: bool
) -> None:
    await stored(catalog)
    blobs.fail_with = BLOB_STORE_DOWN if down else None
    with pytest.raises(WrongBlobStoreError):
        await CheckStore(catalog.integrity, blobs)()
