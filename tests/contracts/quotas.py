"""The contract of `domain.quotas.ports.Quotas`, and what every other port does with a reservation."""

import pytest

from domain.access.callers import ROOT
from domain.batches.model import Copy
from domain.blobs.model import Blob, new_blob_key
from domain.buckets.errors import NoSuchBucketError, QuotaExceededError, QuotaFigures
from domain.buckets.model import Policy, Usage
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.errors import LeaseLostError
from domain.files.model import Destination
from domain.quotas.model import Room
from domain.uploads.model import room_for
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import (
    LEASE,
    CatalogPorts,
    changed,
    claims,
    expired,
    reserved,
    stored,
    usage,
)
from tests.contracts.uploads import begun, blob_of, lock
from tests.support.factories import NewFileFactory

QUOTA = Policy(quota_bytes=10, quota_files=3)
FAILURE = Failure(code="digest_mismatch", detail="Other bytes.")


async def limited(catalog: CatalogPorts, policy: Policy = QUOTA) -> None:
    """Make the bucket `songs`, with a quota."""
    await catalog.buckets.put_bucket("songs", policy)


async def reserving(catalog: CatalogPorts, size: int, *, name: str = "a", ahead: int = 0) -> Blob:
    """Return a staged blob of `size` bytes that has reserved its room in the bucket `songs`."""
    blob = await reserved(catalog, size=size)
    await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name=name, size=size, ahead=ahead))
    return blob


async def taken(catalog: CatalogPorts) -> tuple[int, int]:
    """Return the bytes and files that are taken of the quota of `songs`, as a refusal has them."""
    blob = await reserved(catalog)
    with pytest.raises(QuotaExceededError) as refused:
        await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name="too large", size=2**40))
    figures = refused.value.figures
    assert figures is not None
    return figures.used_bytes, figures.used_files


async def opened(catalog: CatalogPorts, size: int, *, life: float = LEASE) -> DirectUpload:
    """Open a direct upload whose staging blob has reserved its room in the bucket `songs`."""
    key = new_blob_key()
    await catalog.blob_records.reserve_blobs([key], lease=LEASE)
    file = NewFileFactory.build(bucket="songs", name="a", size=size)
    await catalog.quotas.reserve_room(key, room_for(file, size))
    new = NewDirectUpload(file=file, part_size=size, key=key, multipart_id=None)
    return await catalog.direct_uploads.open_direct_upload(new, life=life, lease=LEASE)


async def completing(catalog: CatalogPorts, upload: DirectUpload) -> Blob:
    blob = await reserved(catalog, size=upload.size)
    await catalog.direct_uploads.claim_direct_upload(upload.id, blob.key)
    return blob


class TestQuotas:
    async def test_what_is_reserved_is_taken_from_everybody_else(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        await reserving(catalog, 7)
        assert await taken(catalog) == (7, 1)
        with pytest.raises(QuotaExceededError) as refused:
            await reserving(catalog, 4, name="b")
        assert refused.value.figures == QuotaFigures(
            bucket="songs", quota_bytes=10, used_bytes=7, quota_files=3, used_files=1
        )
        with pytest.raises(QuotaExceededError):
            await stored(catalog, bucket="songs", size=4)
        await stored(catalog, bucket="songs", size=3)
        assert await taken(catalog) == (10, 2)
        assert await usage(catalog, "songs") == Usage(bytes=3, files=1)
        assert await catalog.integrity.find_miscounted_usage() == []

    async def test_reservations_are_to_the_last_byte_and_the_last_file(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        await reserving(catalog, 10)
        await reserving(catalog, 0, name="b")
        await reserving(catalog, 0, name="c")
        with pytest.raises(QuotaExceededError):
            await reserving(catalog, 0, name="d")
        assert await taken(catalog) == (10, 3)

    async def test_a_file_takes_the_room_that_was_reserved_for_it(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 10)
        file = await stored(catalog, blob=blob, bucket="songs", name="a")
        assert (await taken(catalog), await usage(catalog, "songs")) == ((10, 1), Usage(bytes=10, files=1))
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert await taken(catalog) == (0, 0)

    async def test_a_repeated_commit_takes_its_room_once(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob, new = await reserving(catalog, 6), NewFileFactory.build(bucket="songs", name="a")
        assert await catalog.files.commit_file(new, blob) == await catalog.files.commit_file(new, blob)
        assert await taken(catalog) == (6, 1)

    async def test_a_file_that_is_smaller_than_its_reservation_leaves_the_rest(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 2, ahead=100)
        assert await taken(catalog) == (10, 1)
        await stored(catalog, blob=blob, bucket="songs", name="a")
        assert await taken(catalog) == (2, 1)

    async def test_room_ahead_is_what_fits(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserved(catalog)

        async def reserve(size: int, ahead: int) -> int | None:
            return await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name="a", size=size, ahead=ahead))

        assert [await reserve(1, 0), await reserve(2, 3), await reserve(6, 100), await reserve(4, 1)] == [1, 5, 10, 5]
        with pytest.raises(QuotaExceededError):
            await reserve(11, 100)
        assert await taken(catalog) == (5, 1)
        await catalog.buckets.put_bucket("songs", Policy(quota_files=1))
        assert await reserve(6, 100) == 106

    async def test_replacing_reserves_what_it_adds(self, catalog: CatalogPorts) -> None:
        await limited(catalog, Policy(quota_bytes=10, quota_files=1))
        await stored(catalog, bucket="songs", name="a", size=6)
        blob = await reserved(catalog, size=10)
        room = Room(bucket="songs", name="a", size=8, ahead=1)
        assert await catalog.quotas.reserve_room(blob.key, room) == 9
        assert await taken(catalog) == (9, 1)
        assert await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name="a", size=2, ahead=9)) == 6
        assert await taken(catalog) == (6, 1)
        assert await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name="a", size=10)) == 10
        await stored(catalog, blob=blob, bucket="songs", name="a")
        assert await taken(catalog) == (10, 1)

    async def test_a_reservation_grows_in_place(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserved(catalog)
        for size in (1, 5, 10):
            assert await catalog.quotas.reserve_room(blob.key, Room(bucket="songs", name="a", size=size)) == size
        assert await taken(catalog) == (10, 1)

    async def test_a_commit_that_is_refused_keeps_its_reservation(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 6)
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=5))
        with pytest.raises(QuotaExceededError):
            await stored(catalog, blob=blob, bucket="songs", name="a")
        assert await taken(catalog) == (6, 1)
        await limited(catalog)
        await stored(catalog, blob=blob, bucket="songs", name="a")

    async def test_expired_files_leave_their_room_to_reservations(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        for name in "xyz":
            await expired(catalog, bucket="songs", name=name, size=3)
        await reserving(catalog, 10)
        assert await taken(catalog) == (10, 1)
        await catalog.files.expire_files(limit=10)
        assert await taken(catalog) == (10, 1)

    # A quota on the number of files

    async def test_a_quota_of_files_is_used_to_the_last(self, catalog: CatalogPorts) -> None:
        await limited(catalog, Policy(quota_files=2))
        await stored(catalog, bucket="songs", name="a", size=1000)
        other = await stored(catalog, name="b")
        await catalog.files.copy_file(ROOT, other.id, Destination(bucket="songs"), NO_PRECONDITION)
        with pytest.raises(QuotaExceededError):
            await stored(catalog, bucket="songs", name="c", size=0)
        with pytest.raises(QuotaExceededError):
            await catalog.files.copy_file(ROOT, other.id, Destination(bucket="songs", name="c"), NO_PRECONDITION)
        with pytest.raises(QuotaExceededError):
            await changed(catalog, other, bucket="songs", name="c")
        await stored(catalog, bucket="songs", name="a", size=2000)
        assert await usage(catalog, "songs") == Usage(bytes=2000 + other.size, files=2)

    async def test_nothing_new_comes_above_a_quota_that_was_lowered(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        for name in "abc":
            await stored(catalog, bucket="songs", name=name, size=3)
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=5, quota_files=1))
        for refused in ("a", "d"):
            with pytest.raises(QuotaExceededError):
                await stored(catalog, bucket="songs", name=refused, size=4)
        with pytest.raises(QuotaExceededError):
            await stored(catalog, bucket="songs", name="d", size=0)
        await stored(catalog, bucket="songs", name="a", size=3)
        await stored(catalog, bucket="songs", name="a", size=1)
        assert await usage(catalog, "songs") == Usage(bytes=7, files=3)

    async def test_copies_and_moves_respect_what_is_reserved(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        await reserving(catalog, 6)
        file = await stored(catalog, name="b", size=5)
        copy = Copy(address=file.id, to=Destination(bucket="songs"))
        with pytest.raises(QuotaExceededError):
            await catalog.files.copy_file(ROOT, file.id, copy.to, NO_PRECONDITION)
        with pytest.raises(QuotaExceededError):
            await changed(catalog, file, bucket="songs")
        [outcome] = await catalog.batches.apply_batch(ROOT, [copy])
        assert isinstance(outcome, QuotaExceededError)
        assert outcome.figures is not None
        assert (outcome.figures.used_bytes, outcome.figures.used_files) == (6, 1)
        assert await usage(catalog, "songs") == Usage()

    # The end of a reservation

    async def test_a_blob_that_is_given_up_leaves_its_room(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 10)
        for _ in range(2):
            await catalog.blob_records.release_blobs([blob.key], at_once=True)
            assert await taken(catalog) == (0, 0)
        await reserving(catalog, 10)
        assert list(await claims(catalog)) == [blob.key]

    async def test_a_lease_that_has_ended_leaves_its_room_before_the_reaper_has_come(
        self, catalog: CatalogPorts
    ) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 10)
        await catalog.blob_records.renew_leases([blob.key], lease=0)
        assert await taken(catalog) == (0, 0)
        await catalog.blob_records.condemn_lapsed(limit=10)
        other = await reserving(catalog, 10, name="b")
        with pytest.raises(LeaseLostError):
            await stored(catalog, blob=blob, bucket="songs", name="a")
        await stored(catalog, blob=other, bucket="songs", name="b")

    async def test_a_lease_that_is_renewed_too_late_does_not_break_the_quota(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        late = await reserving(catalog, 10)
        await catalog.blob_records.renew_leases([late.key], lease=0)
        await stored(catalog, bucket="songs", name="b", size=10)
        await catalog.blob_records.renew_leases([late.key], lease=LEASE)
        with pytest.raises(QuotaExceededError):
            await stored(catalog, blob=late, bucket="songs", name="a")
        assert await usage(catalog, "songs") == Usage(bytes=10, files=1)

    async def test_only_a_staged_blob_reserves(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        live, given_up = await reserving(catalog, 1), await reserving(catalog, 1, name="b")
        await stored(catalog, blob=live, bucket="songs", name="a")
        await catalog.blob_records.release_blobs([given_up.key], at_once=True)
        for key in (live.key, given_up.key, new_blob_key()):
            with pytest.raises(LeaseLostError):
                await catalog.quotas.reserve_room(key, Room(bucket="songs", name="c", size=1))
        assert await taken(catalog) == (1, 1)

    async def test_a_bucket_without_a_quota_reserves_nothing(self, catalog: CatalogPorts) -> None:
        await limited(catalog, Policy())
        blob = await reserved(catalog)
        room = Room(bucket="songs", name="a", size=10)
        assert await catalog.quotas.reserve_room(blob.key, room) is None
        await limited(catalog)
        assert await taken(catalog) == (0, 0)
        with pytest.raises(NoSuchBucketError):
            await catalog.quotas.reserve_room(blob.key, Room(bucket="none", name="a", size=1))

    async def test_a_bucket_may_lose_its_quota_and_get_it_back(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        blob = await reserving(catalog, 10)
        await limited(catalog, Policy())
        await stored(catalog, blob=blob, bucket="songs", name="a")
        await limited(catalog)
        assert await taken(catalog) == (10, 1)

    # Resumable uploads

    async def test_a_resumable_upload_reserves_when_it_begins(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        target = NewFileFactory.build(bucket="songs", name="a")
        upload = await begun(catalog, target=target, length=10, room=room_for(target, 10))
        assert await taken(catalog) == (10, 1)
        with pytest.raises(QuotaExceededError):
            await begun(catalog, target=target, length=1, room=room_for(target, 1))
        locked = await lock(catalog, upload)
        blob = blob_of(upload, size=10)
        await catalog.uploads.finish_upload(upload.id, locked.epoch, target, blob, kept=LEASE)
        assert (await taken(catalog), await usage(catalog, "songs")) == ((10, 1), Usage(bytes=10, files=1))

    @pytest.mark.parametrize("ttl", [LEASE, 0])
    async def test_a_resumable_upload_that_ends_or_expires_leaves_its_room(
        self, catalog: CatalogPorts, ttl: float
    ) -> None:
        await limited(catalog)
        target = NewFileFactory.build(bucket="songs", name="a")
        upload = await begun(catalog, target=target, length=10, room=room_for(target, 10), ttl=ttl)
        if ttl:
            locked = await lock(catalog, upload, ttl=ttl)
            await catalog.uploads.end_upload(upload.id, locked.epoch, at_once=True)
        assert await taken(catalog) == (0, 0)

    # Direct uploads

    async def test_a_direct_upload_holds_its_room_until_it_is_a_file(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        upload = await opened(catalog, 10)
        blob = await completing(catalog, upload)
        assert await taken(catalog) == (10, 1)
        await catalog.direct_uploads.fail_direct_upload(upload.id, blob.key, FAILURE, ended=False)
        assert await taken(catalog) == (10, 1)
        for _ in range(2):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
            assert (await taken(catalog), await usage(catalog, "songs")) == ((10, 1), Usage(bytes=10, files=1))

    async def test_a_direct_upload_whose_commit_is_refused_holds_its_room(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        upload = await opened(catalog, 10)
        blob = await completing(catalog, upload)
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=9))
        with pytest.raises(QuotaExceededError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        assert await taken(catalog) == (10, 1)

    async def test_a_direct_upload_that_ends_leaves_its_room(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        aborted = await opened(catalog, 10)
        await catalog.direct_uploads.abort_direct_upload(aborted.id)
        assert await taken(catalog) == (0, 0)
        failed = await opened(catalog, 10)
        blob = await completing(catalog, failed)
        await catalog.direct_uploads.fail_direct_upload(failed.id, blob.key, FAILURE, ended=True)
        assert await taken(catalog) == (0, 0)

    async def test_the_reaper_releases_what_an_expired_direct_upload_holds(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        expired_, open_ = await opened(catalog, 6, life=0), await opened(catalog, 4)
        assert await taken(catalog) == (10, 2)
        [found] = await catalog.integrity.find_orphaned_reservations(ended_for=0)
        assert (found.key, found.bucket, found.bytes, found.files) == (expired_.key, "songs", 6, 1)
        assert await catalog.integrity.find_orphaned_reservations(ended_for=3600) == []
        assert [await catalog.quotas.release_orphaned(limit=10) for _ in range(2)] == [1, 0]
        assert await taken(catalog) == (4, 1)
        assert await catalog.integrity.find_orphaned_reservations(ended_for=0) == []
        assert (await catalog.direct_uploads.get_direct_upload(open_.id)).state == "open"

    async def test_a_completion_that_outlasts_its_upload_holds_its_room(self, catalog: CatalogPorts) -> None:
        await limited(catalog)
        upload = await opened(catalog, 10)
        blob = await completing(catalog, upload)
        assert await catalog.integrity.find_orphaned_reservations(ended_for=-2 * LEASE) == []
        await catalog.blob_records.renew_leases([blob.key], lease=0)
        [found] = await catalog.integrity.find_orphaned_reservations(ended_for=-2 * LEASE)
        assert found.key == upload.key
