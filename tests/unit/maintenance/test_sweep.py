"""Orphaned writes are aborted, and no others."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import BlobRecord, new_blob_key
from domain.errors import CatalogUnavailableError
from domain.maintenance.sweep import Sweep, SweepCounts
from domain.maintenance.unfinished_writes import BATCH
from tests.contracts.setup import reserved, stored
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.database import CATALOG_DOWN
from tests.fakes.maintenance import FakeCatalogIntegrity


async def sweep(catalog: FakeCatalog, blobs: FakeBlobStore) -> SweepCounts:
    return await Sweep(catalog.integrity, blobs)()


def leave_unfinished(blobs: FakeBlobStore, *keys: str) -> None:
    blobs.unfinished |= {key: bytearray(b"part") for key in keys}


async def test_orphaned_writes_are_aborted_and_writes_in_progress_are_not(
    catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    live, staged, condemned, forgotten = await stored(catalog), await reserved(catalog), new_blob_key(), new_blob_key()
    await catalog.blob_records.release_blobs([condemned], at_once=False)
    leave_unfinished(blobs, live.blob_key, staged.key, condemned, forgotten)
    assert await sweep(catalog, blobs) == SweepCounts(aborted=2)
    assert blobs.unfinished.keys() == {staged.key, condemned}


async def test_a_sweep_without_orphaned_writes_does_nothing(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    assert await sweep(catalog, blobs) == SweepCounts()
    leave_unfinished(blobs, (await reserved(catalog)).key)
    assert await sweep(catalog, blobs) == SweepCounts()


async def test_a_write_that_ends_during_the_sweep_is_not_aborted(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    class Ending(FakeCatalogIntegrity):
        async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
            await stored(catalog, blob=staged)
            blobs.stored[staged.key] = bytes(blobs.unfinished.pop(staged.key))
            return await super().get_blob_records(keys)

    ending = replace(catalog, integrity=Ending(catalog.database))
    staged = await reserved(catalog)
    leave_unfinished(blobs, staged.key)
    assert await sweep(ending, blobs) == SweepCounts()


async def test_more_than_a_batch_are_aborted(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    leave_unfinished(blobs, *(new_blob_key() for _ in range(BATCH + 3)))
    assert await sweep(catalog, blobs) == SweepCounts(aborted=BATCH + 3)
    assert not blobs.unfinished


async def test_one_that_cannot_be_aborted_does_not_hold_up_the_others(
    catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    keys = [new_blob_key() for _ in range(3)]
    leave_unfinished(blobs, *keys)
    blobs.stuck = {keys[0]}
    assert await sweep(catalog, blobs) == SweepCounts(aborted=2, refused=1)
    assert list(blobs.unfinished) == [keys[0]]


async def test_a_catalog_that_is_down_aborts_nothing(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    leave_unfinished(blobs, new_blob_key())
    catalog.database.fail_with = CATALOG_DOWN
    with pytest.raises(CatalogUnavailableError):
        await sweep(catalog, blobs)
    assert blobs.unfinished


async def test_a_store_that_is_down_ends_the_sweep(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    blobs.fail_with = BLOB_STORE_DOWN
    with pytest.raises(BlobStoreUnavailableError):
        await sweep(catalog, blobs)
