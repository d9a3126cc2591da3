"""The contract of `domain.maintenance.ports.CatalogIntegrity`."""

from abc import ABC, abstractmethod

from domain.blobs.model import BlobRecord, listing_order, new_blob_key
from domain.buckets.model import Policy, Usage
from domain.catalog import Catalog
from domain.files.model import Destination, File
from domain.maintenance.model import Miscount
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import CatalogContract, claims, exists, expired, reserved, stored, usage


def live(file: File, *, files: int = 1, file_count: int | None = None) -> BlobRecord:
    return BlobRecord(
        key=file.blob_key,
        state="live",
        size=file.size,
        sha256=file.sha256,
        file_count=files if file_count is None else file_count,
        files=files,
    )


async def records(catalog: Catalog, *, limit: int = 1000) -> list[BlobRecord]:
    """Return all records, page by page."""
    found: list[BlobRecord] = []
    while page := await catalog.list_blob_records(after=found[-1].key if found else None, limit=limit):
        assert len(page) <= limit
        found += page
    return found


class AuditContract(CatalogContract, ABC):
    """Give the derived class the ways to damage its catalog, too."""

    @abstractmethod
    async def miscount_usage(self, catalog: Catalog, bucket: str, error: Usage) -> None:
        """Make the bucket's usage wrong by so much."""

    @abstractmethod
    async def miscount_files(self, catalog: Catalog, key: str, error: int) -> None:
        """Make the file count of a live blob wrong by so much; at 0, the blob is condemned as well."""

    @abstractmethod
    async def lose_files(self, catalog: Catalog, key: str) -> None:
        """Remove the files of a live blob as if they had never been, which the blob's row does not hear of."""

    async def test_each_state_has_its_record(self, catalog: Catalog) -> None:
        file, staged, deleted = await stored(catalog), await reserved(catalog), await stored(catalog)
        await catalog.delete_file(deleted.id, NO_PRECONDITION)
        condemned = BlobRecord(
            key=deleted.blob_key, state="condemned", size=deleted.size, sha256=deleted.sha256, file_count=0, files=0
        )
        expected = [live(file), BlobRecord(key=staged.key, state="staged", file_count=0, files=0), condemned]
        assert await records(catalog) == sorted(expected, key=lambda record: listing_order(record.key))

    async def test_a_record_tells_how_many_files_share_the_blob(self, catalog: Catalog) -> None:
        file = await stored(catalog)
        for name in ("b", "c"):
            await catalog.copy_file(file.id, Destination(name=name), NO_PRECONDITION)
        assert await records(catalog) == [live(file, files=3)]

    async def test_expired_files_count_as_long_as_they_are_there(self, catalog: Catalog) -> None:
        file = await expired(catalog)
        assert await records(catalog) == [live(file)]
        assert await catalog.find_miscounted_usage() == []

    async def test_records_come_in_order_page_by_page(self, catalog: Catalog) -> None:
        keys = [f"{number:030x}{shard}" for number in range(4) for shard in ("00", "0f", "10", "ff")]
        await catalog.reserve_blobs(keys, lease=60)
        expected = sorted(keys, key=listing_order)
        for limit in (1, 3, 16, 1000):
            assert [record.key for record in await records(catalog, limit=limit)] == expected

    async def test_there_are_no_records_of_nothing(self, catalog: Catalog) -> None:
        assert await catalog.list_blob_records(after=None, limit=10) == []
        assert await catalog.get_blob_records([]) == {}
        assert await catalog.recount_files([]) == 0

    async def test_the_records_of_given_keys_are_found(self, catalog: Catalog) -> None:
        file, staged = await stored(catalog), await reserved(catalog)
        await stored(catalog)
        found = await catalog.get_blob_records([file.blob_key, staged.key, new_blob_key()])
        assert found.keys() == {file.blob_key, staged.key}
        assert found[file.blob_key] == live(file)

    async def test_usage_that_adds_up_is_left_alone(self, catalog: Catalog) -> None:
        file = await stored(catalog, size=100)
        await catalog.put_bucket("other", Policy())
        await catalog.copy_file(file.id, Destination(bucket="other"), NO_PRECONDITION)
        assert await catalog.find_miscounted_usage() == []
        assert await catalog.recount_usage() == 0
        assert await usage(catalog) == Usage(bytes=100, files=1)

    async def test_usage_that_does_not_add_up_is_found_and_recounted(self, catalog: Catalog) -> None:
        await stored(catalog, size=100)
        for bucket in ("empty", "other"):
            await catalog.put_bucket(bucket, Policy())
        await stored(catalog, bucket="other", size=50)
        await self.miscount_usage(catalog, "default", Usage(bytes=-30, files=2))
        await self.miscount_usage(catalog, "empty", Usage(bytes=7))
        wrong = [
            Miscount(bucket="default", counted=Usage(bytes=70, files=3), actual=Usage(bytes=100, files=1)),
            Miscount(bucket="empty", counted=Usage(bytes=7), actual=Usage()),
        ]
        assert await catalog.find_miscounted_usage() == wrong
        assert await catalog.recount_usage() == 2
        assert await catalog.find_miscounted_usage() == []
        assert [await usage(catalog, each) for each in ("default", "empty", "other")] == [
            Usage(bytes=100, files=1),
            Usage(),
            Usage(bytes=50, files=1),
        ]

    async def test_a_file_count_that_is_wrong_is_told_and_recounted(self, catalog: Catalog) -> None:
        file, other = await stored(catalog), await stored(catalog)
        await self.miscount_files(catalog, file.blob_key, 2)
        assert (await catalog.get_blob_records([file.blob_key]))[file.blob_key] == live(file, file_count=3)
        assert await catalog.recount_files([file.blob_key, other.blob_key, new_blob_key()]) == 1
        assert set(await records(catalog)) == {live(file), live(other)}

    async def test_a_recounted_blob_without_files_is_condemned_for_the_whole_grace(
        self, patient_catalog: Catalog, catalog: Catalog
    ) -> None:
        for each, claimed in ((patient_catalog, 0), (catalog, 1)):
            file = await stored(each)
            await self.lose_files(each, file.blob_key)
            assert (await each.get_blob_records([file.blob_key]))[file.blob_key] == live(file, files=0, file_count=1)
            assert await each.recount_files([file.blob_key]) == 1
            assert (await each.get_blob_records([file.blob_key]))[file.blob_key].state == "condemned"
            assert len(await claims(each)) == claimed

    async def test_a_condemned_blob_that_has_a_file_is_live_again_and_claimed_by_nobody(self, catalog: Catalog) -> None:
        file = await stored(catalog)
        await self.miscount_files(catalog, file.blob_key, -1)
        assert (await catalog.get_blob_records([file.blob_key]))[file.blob_key].state == "condemned"
        claim = (await claims(catalog))[file.blob_key]
        assert await catalog.recount_files([file.blob_key]) == 1
        assert await records(catalog) == [live(file)]
        assert await catalog.forget_blobs([claim]) == 0
        assert await claims(catalog) == {}
        assert await exists(catalog, file)
