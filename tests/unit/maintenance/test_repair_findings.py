"""The repairs of findings, and their refusal."""

import pytest

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.buckets.model import Usage
from domain.errors import CatalogUnavailableError
from domain.files.model import File
from domain.maintenance.check_integrity import CheckIntegrity
from domain.maintenance.errors import RepairRefusedError
from domain.maintenance.repair_findings import RepairCounts, RepairFindings
from tests.contracts.setup import exists, reserved, stored, usage
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog, make_catalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN
from tests.support.reaper import reaper

GRACE = 3600


@pytest.fixture
def catalog(clock: FakeClock) -> FakeCatalog:
    return make_catalog(clock, grace=GRACE)


async def put(catalog: FakeCatalog, blobs: FakeBlobStore, size: int = 10) -> File:
    blob = await reserved(catalog, size=size)
    blobs.stored[blob.key] = b"x" * size
    return await stored(catalog, blob=blob)


def put_orphan(blobs: FakeBlobStore, size: int = 1) -> str:
    key = new_blob_key()
    blobs.stored[key] = b"x" * size
    return key


async def repair(catalog: FakeCatalog, blobs: FakeBlobStore, *, force: bool = False) -> RepairCounts:
    return await RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)(
        await CheckIntegrity(catalog.integrity, blobs)(), force=force
    )


async def reap(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    assert [reaped async for reaped in reaper(catalog, blobs)()]


async def is_clean(catalog: FakeCatalog, blobs: FakeBlobStore) -> bool:
    return not (await CheckIntegrity(catalog.integrity, blobs)()).findings


async def test_an_orphans_bytes_stay_for_the_whole_grace_and_then_go(
    catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    for _ in range(20):
        await put(catalog, blobs)
    key = put_orphan(blobs)
    assert await repair(catalog, blobs) == RepairCounts(condemned=1)
    assert await is_clean(catalog, blobs)
    clock.advance(GRACE - 1)
    assert not [reaped async for reaped in reaper(catalog, blobs)()]
    assert key in blobs.stored
    clock.advance(1)
    await reap(catalog, blobs)
    assert key not in blobs.stored
    assert len(blobs.stored) == 20
    assert await is_clean(catalog, blobs)


async def test_orphaned_writes_are_aborted_and_others_are_not(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    file, staged = await put(catalog, blobs), await reserved(catalog)
    orphaned = {new_blob_key(), file.blob_key}
    blobs.unfinished = {key: bytearray(b"part") for key in (*orphaned, staged.key)}
    assert await repair(catalog, blobs) == RepairCounts(aborted=2)
    assert list(blobs.unfinished) == [staged.key]
    assert await is_clean(catalog, blobs)


async def test_usage_is_recounted(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    await put(catalog, blobs, size=10)
    catalog.database.usage_errors["default"] = Usage(bytes=-5, files=3)
    assert await repair(catalog, blobs) == RepairCounts(recounted_buckets=1)
    assert await usage(catalog) == Usage(bytes=10, files=1)


async def test_file_counts_are_recounted(catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock) -> None:
    much, little = await put(catalog, blobs), await put(catalog, blobs)
    await catalog.database.miscount_files(much.blob_key, 1)
    await catalog.database.miscount_files(little.blob_key, -1)
    assert await repair(catalog, blobs) == RepairCounts(recounted_blobs=2)
    assert await is_clean(catalog, blobs)
    clock.advance(GRACE)
    assert not [reaped async for reaped in reaper(catalog, blobs)()]
    assert await exists(catalog, little)


async def test_missing_and_wrong_bytes_are_left_as_they_are(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    missing, wrong = await put(catalog, blobs), await put(catalog, blobs)
    del blobs.stored[missing.blob_key]
    blobs.stored[wrong.blob_key] = b"other"
    before = dict(blobs.stored)
    assert await repair(catalog, blobs) == RepairCounts()
    assert blobs.stored == before
    assert await exists(catalog, missing)
    assert await exists(catalog, wrong)


@pytest.mark.parametrize(("orphans", "size"), [(3, 1), (1, 30)])
async def test_too_large_a_share_of_the_store_is_not_condemned_unless_forced(
    catalog: FakeCatalog, blobs: FakeBlobStore, orphans: int, size: int
) -> None:
    """Of 20 blobs with 200 bytes, by count or by bytes."""
    for _ in range(20):
        await put(catalog, blobs, size=10)
    keys = {put_orphan(blobs, size) for _ in range(orphans)}
    orphaned = new_blob_key()
    blobs.unfinished[orphaned] = bytearray(b"part")
    catalog.database.usage_errors["default"] = Usage(bytes=1)
    with pytest.raises(RepairRefusedError, match="--force"):
        await repair(catalog, blobs)
    assert not keys & catalog.database.blobs.keys()
    assert orphaned in blobs.unfinished
    assert catalog.database.usage_errors
    assert await repair(catalog, blobs, force=True) == RepairCounts(condemned=orphans, aborted=1, recounted_buckets=1)
    assert await is_clean(catalog, blobs)


async def test_a_tenth_of_the_store_is_not_too_much(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    for _ in range(9):
        await put(catalog, blobs, size=10)
    put_orphan(blobs, 10)
    assert await repair(catalog, blobs) == RepairCounts(condemned=1)


async def test_an_empty_catalog_condemns_nothing(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    for size in (0, 1):
        put_orphan(blobs, size)
        with pytest.raises(RepairRefusedError):
            await repair(catalog, blobs)
    assert not catalog.database.blobs


async def test_blobs_whose_files_were_lost_count_as_well(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    files = [await put(catalog, blobs) for _ in range(5)]
    for file in files:
        await catalog.database.lose_files(file.blob_key)
    with pytest.raises(RepairRefusedError):
        await repair(catalog, blobs)
    assert {row.state for row in catalog.database.blobs.values()} == {"live"}


async def test_a_blob_that_became_live_is_not_condemned(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    for _ in range(20):
        await put(catalog, blobs)
    key = put_orphan(blobs)
    report = await CheckIntegrity(catalog.integrity, blobs)()
    # Such as by a restored catalog.
    file = await put(catalog, blobs)
    catalog.database.blobs[key] = catalog.database.blobs[file.blob_key]
    await RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)(report)
    assert catalog.database.blobs[key].state == "live"


async def test_a_repair_that_is_made_twice_does_the_same(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    for _ in range(20):
        await put(catalog, blobs)
    key = put_orphan(blobs)
    catalog.database.usage_errors["default"] = Usage(bytes=1)
    report = await CheckIntegrity(catalog.integrity, blobs)()
    for _ in range(2):
        await RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)(report)
    assert catalog.database.blobs[key].state == "condemned"
    assert await is_clean(catalog, blobs)


async def test_a_store_that_is_down_ends_the_repair(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    blobs.unfinished[new_blob_key()] = bytearray(b"part")
    catalog.database.usage_errors["default"] = Usage(bytes=1)
    report = await CheckIntegrity(catalog.integrity, blobs)()
    blobs.fail_with = BLOB_STORE_DOWN
    with pytest.raises(BlobStoreUnavailableError):
        await RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)(report)
    blobs.fail_with, catalog.database.fail_with = None, CATALOG_DOWN
    with pytest.raises(CatalogUnavailableError):
        await RepairFindings(catalog.blob_records, catalog.integrity, blobs, catalog.quotas)(report)


async def test_an_empty_orphan_is_condemned_too(catalog: FakeCatalog, blobs: FakeBlobStore) -> None:
    for _ in range(20):
        await put(catalog, blobs, size=0)
    key = put_orphan(blobs, 0)
    assert await repair(catalog, blobs) == RepairCounts(condemned=1)
    assert catalog.database.blobs[key].state == "condemned"
