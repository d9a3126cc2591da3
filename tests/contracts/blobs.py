"""The contract of `domain.blobs.ports.BlobRecords`."""

import pytest

from domain.access.callers import ROOT
from domain.blobs.model import new_blob_key
from domain.errors import LeaseLostError
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import LEASE, CatalogPorts, claims, exists, expired, reserve, reserved, stored, with_grace
from tests.support.factories import BlobFactory


class TestBlobRecords:
    async def test_a_leased_blob_is_left_alone(self, catalog: CatalogPorts) -> None:
        await reserved(catalog)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        assert await claims(catalog) == {}

    async def test_a_blob_whose_lease_has_ended_is_condemned(self, catalog: CatalogPorts) -> None:
        key = new_blob_key()
        await catalog.blob_records.reserve_blobs([key], lease=0)
        assert await claims(catalog) == {}
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        assert list(await claims(catalog)) == [key]

    async def test_lapsed_blobs_are_condemned_a_few_at_a_time(self, catalog: CatalogPorts) -> None:
        await catalog.blob_records.reserve_blobs([new_blob_key() for _ in range(5)], lease=0)
        assert [await catalog.blob_records.condemn_lapsed(limit=2) for _ in range(4)] == [2, 2, 1, 0]

    async def test_a_renewed_lease_counts_from_its_renewal(self, catalog: CatalogPorts) -> None:
        keys = {new_blob_key() for _ in range(3)}
        await catalog.blob_records.reserve_blobs(list(keys), lease=0)
        assert await catalog.blob_records.renew_leases(list(keys), lease=LEASE) == keys
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        lapsed = keys.pop()
        assert await catalog.blob_records.renew_leases([lapsed], lease=0) == {lapsed}
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1

    async def test_only_a_staged_blob_has_a_lease(self, catalog: CatalogPorts) -> None:
        live, staged, released = await stored(catalog), await reserved(catalog), await reserved(catalog)
        await catalog.blob_records.release_blobs([released.key], at_once=True)
        keys = [live.blob_key, released.key, staged.key, new_blob_key()]
        assert await catalog.blob_records.renew_leases(keys, lease=LEASE) == {staged.key}

    async def test_released_blobs_are_condemned_and_others_are_not(self, catalog: CatalogPorts) -> None:
        live, staged, other = await stored(catalog), await reserved(catalog), await reserved(catalog)
        await catalog.blob_records.release_blobs([live.blob_key, staged.key], at_once=True)
        assert list(await claims(catalog)) == [staged.key]
        assert await exists(catalog, live)
        assert await catalog.blob_records.renew_leases([other.key], lease=LEASE) == {other.key}

    async def test_a_claim_does_not_outlive_a_release(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        claim = (await claims(catalog))[blob.key]
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert await catalog.blob_records.forget_blobs([claim]) == 0

    async def test_a_blob_that_was_forgotten_is_condemned_anew_when_it_is_released(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert await catalog.blob_records.forget_blobs(list((await claims(catalog)).values())) == 1
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert list(await claims(catalog)) == [blob.key]

    @with_grace
    async def test_a_condemned_blob_that_is_released_keeps_its_grace(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=False)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert await claims(catalog) == {}

    @with_grace
    async def test_what_may_still_be_written_waits_for_its_grace(self, catalog: CatalogPorts) -> None:
        blob, lapsed = await reserved(catalog), new_blob_key()
        await catalog.blob_records.reserve_blobs([lapsed], lease=0)
        await catalog.blob_records.release_blobs([blob.key], at_once=False)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert await claims(catalog) == {}

    @with_grace
    async def test_what_can_be_written_no_more_goes_at_once(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        assert list(await claims(catalog)) == [blob.key]

    @with_grace
    async def test_what_may_still_be_read_waits_for_its_grace(self, catalog: CatalogPorts) -> None:
        deleted, replaced = await stored(catalog), await stored(catalog, name="replaced")
        await expired(catalog)
        await catalog.files.delete_file(ROOT, deleted.id, NO_PRECONDITION)
        await stored(catalog, name=replaced.name)
        assert await catalog.files.expire_files(limit=10) == 1
        assert await claims(catalog) == {}

    async def test_a_claim_tells_whether_the_blob_was_ever_live(self, catalog: CatalogPorts) -> None:
        file, staged = await stored(catalog), await reserved(catalog)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        await catalog.blob_records.release_blobs([staged.key], at_once=True)
        found = await claims(catalog)
        assert found[file.blob_key].finished
        assert not found[staged.key].finished

    async def test_a_blob_is_claimed_once_until_the_claim_ends(self, catalog: CatalogPorts) -> None:
        keys = {new_blob_key() for _ in range(5)}
        await catalog.blob_records.reserve_blobs(list(keys), lease=LEASE)
        await catalog.blob_records.release_blobs(list(keys), at_once=True)
        first = await catalog.blob_records.claim_condemned(limit=3, lease=LEASE)
        second = await catalog.blob_records.claim_condemned(limit=3, lease=LEASE)
        assert (len(first), len(second)) == (3, 2)
        assert {claim.key for claim in (*first, *second)} == keys
        assert await catalog.blob_records.claim_condemned(limit=3, lease=LEASE) == []

    async def test_a_claim_that_ended_is_followed_by_one_with_a_higher_epoch(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        first, second = (await claims(catalog))[blob.key], (await claims(catalog))[blob.key]
        assert second.epoch > first.epoch
        assert await catalog.blob_records.forget_blobs([first]) == 0
        assert await catalog.blob_records.forget_blobs([second]) == 1
        assert await claims(catalog) == {}

    async def test_a_claim_that_nobody_followed_still_holds(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        [claim] = await catalog.blob_records.claim_condemned(limit=1, lease=0)
        assert await catalog.blob_records.forget_blobs([claim]) == 1

    async def test_a_forgotten_blob_is_gone(self, catalog: CatalogPorts) -> None:
        blobs = [await reserved(catalog) for _ in range(3)]
        await catalog.blob_records.release_blobs([blob.key for blob in blobs], at_once=True)
        found = list((await claims(catalog)).values())
        assert await catalog.blob_records.forget_blobs(found) == 3
        assert await catalog.blob_records.forget_blobs(found) == 0
        for blob in blobs:
            with pytest.raises(LeaseLostError):
                await stored(catalog, blob=blob)

    async def test_live_and_staged_blobs_are_never_claimed(self, catalog: CatalogPorts) -> None:
        file, _ = await stored(catalog), await reserve(catalog, BlobFactory.build())
        copy = await expired(catalog)
        assert await claims(catalog) == {}
        assert await catalog.files.expire_files(limit=10) == 1
        assert list(await claims(catalog)) == [copy.blob_key]
        assert await exists(catalog, file)

    async def test_nothing_is_done_for_no_blobs(self, catalog: CatalogPorts) -> None:
        await catalog.blob_records.reserve_blobs([], lease=LEASE)
        await catalog.blob_records.release_blobs([], at_once=True)
        assert await catalog.blob_records.renew_leases([], lease=LEASE) == set()
        assert await catalog.blob_records.forget_blobs([]) == 0
