"""The contract of `domain.maintenance.ports.CatalogIntegrity`."""

from typing import Protocol

import pytest

from domain.access.callers import ROOT
from domain.blobs.model import BlobRecord, listing_order, new_blob_key
from domain.buckets.model import Policy, Usage
from domain.files.model import Destination, File
from domain.maintenance.model import Miscount
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import GRACE, CatalogPorts, claims, exists, expired, reserved, stored, usage


def live(file: File, *, files: int = 1, file_count: int | None = None) -> BlobRecord:
    return BlobRecord(
        key=file.blob_key,
        state="live",
        size=file.size,
        sha256=file.sha256,
        file_count=files if file_count is None else file_count,
        files=files,
    )


async def records(catalog: CatalogPorts, *, limit: int = 1000) -> list[BlobRecord]:
    """Return all records, page by page."""
    found: list[BlobRecord] = []
    while page := await catalog.integrity.list_blob_records(after=found[-1].key if found else None, limit=limit):
        assert len(page) <= limit
        found += page
    return found


class Damage(Protocol):
    """Damages a catalog behind the back of its ports."""

    async def miscount_usage(self, bucket: str, error: Usage) -> None:
        """Make the bucket's usage wrong by `error`."""

    async def miscount_files(self, key: str, error: int) -> None:
        """Make the file count of a live blob wrong by `error`; at 0, the blob is condemned as well."""

    async def lose_files(self, key: str) -> None:
        """Remove a live blob's files, and neither count nor condemn anything."""


class TestCatalogIntegrity:
    """The implementation's `damage` is a fixture, too."""

    async def test_each_state_has_its_record(self, catalog: CatalogPorts) -> None:
        file, staged, deleted = await stored(catalog), await reserved(catalog), await stored(catalog)
        await catalog.files.delete_file(ROOT, deleted.id, NO_PRECONDITION)
        condemned = BlobRecord(
            key=deleted.blob_key, state="condemned", size=deleted.size, sha256=deleted.sha256, file_count=0, files=0
        )
        expected = [live(file), BlobRecord(key=staged.key, state="staged", file_count=0, files=0), condemned]
        assert await records(catalog) == sorted(expected, key=lambda record: listing_order(record.key))

    async def test_a_record_tells_how_many_files_share_the_blob(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        for name in ("b", "c"):
            await catalog.files.copy_file(ROOT, file.id, Destination(name=name), NO_PRECONDITION)
        assert await records(catalog) == [live(file, files=3)]

    async def test_expired_files_count_as_long_as_they_are_there(self, catalog: CatalogPorts) -> None:
        file = await expired(catalog)
        assert await records(catalog) == [live(file)]
        assert await catalog.integrity.find_miscounted_usage() == []

    async def test_records_come_in_order_page_by_page(self, catalog: CatalogPorts) -> None:
        keys = [f"{number:030x}{shard}" for number in range(4) for shard in ("00", "0f", "10", "ff")]
        await catalog.blob_records.reserve_blobs(keys, lease=60)
        expected = sorted(keys, key=listing_order)
        for limit in (1, 3, 16, 1000):
            assert [record.key for record in await records(catalog, limit=limit)] == expected

    async def test_there_are_no_records_of_nothing(self, catalog: CatalogPorts) -> None:
        assert await catalog.integrity.list_blob_records(after=None, limit=10) == []
        assert await catalog.integrity.get_blob_records([]) == {}
        assert await catalog.integrity.recount_files([]) == 0

    async def test_the_records_of_given_keys_are_found(self, catalog: CatalogPorts) -> None:
        file, staged = await stored(catalog), await reserved(catalog)
        await stored(catalog)
        found = await catalog.integrity.get_blob_records([file.blob_key, staged.key, new_blob_key()])
        assert found.keys() == {file.blob_key, staged.key}
        assert found[file.blob_key] == live(file)

    async def test_usage_that_adds_up_is_left_alone(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, size=100)
        await catalog.buckets.put_bucket("other", Policy())
        await catalog.files.copy_file(ROOT, file.id, Destination(bucket="other"), NO_PRECONDITION)
        assert await catalog.integrity.find_miscounted_usage() == []
        assert await catalog.integrity.recount_usage() == 0
        assert await usage(catalog) == Usage(bytes=100, files=1)

    async def test_usage_that_does_not_add_up_is_found_and_recounted(
        self, catalog: CatalogPorts, damage: Damage
    ) -> None:
        await stored(catalog, size=100)
        for bucket in ("empty", "other"):
            await catalog.buckets.put_bucket(bucket, Policy())
        await stored(catalog, bucket="other", size=50)
        await damage.miscount_usage("default", Usage(bytes=-30, files=2))
        await damage.miscount_usage("empty", Usage(bytes=7))
        wrong = [
            Miscount(bucket="default", counted=Usage(bytes=70, files=3), actual=Usage(bytes=100, files=1)),
            Miscount(bucket="empty", counted=Usage(bytes=7), actual=Usage()),
        ]
        assert await catalog.integrity.find_miscounted_usage() == wrong
        assert await catalog.integrity.recount_usage() == 2
        assert await catalog.integrity.find_miscounted_usage() == []
        assert [await usage(catalog, each) for each in ("default", "empty", "other")] == [
            Usage(bytes=100, files=1),
            Usage(),
            Usage(bytes=50, files=1),
        ]

    async def test_a_file_count_that_is_wrong_is_told_and_recounted(
        self, catalog: CatalogPorts, damage: Damage
    ) -> None:
        file, other = await stored(catalog), await stored(catalog)
        await damage.miscount_files(file.blob_key, 2)
        assert (await catalog.integrity.get_blob_records([file.blob_key]))[file.blob_key] == live(file, file_count=3)
        assert await catalog.integrity.recount_files([file.blob_key, other.blob_key, new_blob_key()]) == 1
        assert set(await records(catalog)) == {live(file), live(other)}

    @pytest.mark.parametrize(("grace", "claimed"), [(GRACE, 0), (0.0, 1)])
    async def test_a_recounted_blob_without_files_is_condemned_for_the_whole_grace(
        self, catalog: CatalogPorts, damage: Damage, claimed: int
    ) -> None:
        file = await stored(catalog)
        await damage.lose_files(file.blob_key)
        [record] = (await catalog.integrity.get_blob_records([file.blob_key])).values()
        assert record == live(file, files=0, file_count=1)
        assert await catalog.integrity.recount_files([file.blob_key]) == 1
        [record] = (await catalog.integrity.get_blob_records([file.blob_key])).values()
        assert record.state == "condemned"
        assert len(await claims(catalog)) == claimed

    async def test_a_condemned_blob_that_has_a_file_is_live_again_and_claimed_by_nobody(
        self, catalog: CatalogPorts, damage: Damage
    ) -> None:
        file = await stored(catalog)
        await damage.miscount_files(file.blob_key, -1)
        assert (await catalog.integrity.get_blob_records([file.blob_key]))[file.blob_key].state == "condemned"
        claim = (await claims(catalog))[file.blob_key]
        assert await catalog.integrity.recount_files([file.blob_key]) == 1
        assert await records(catalog) == [live(file)]
        assert await catalog.blob_records.forget_blobs([claim]) == 0
        assert await claims(catalog) == {}
        assert await exists(catalog, file)
