"""The contracts of `domain.uploads.ports.Uploads` and `UploadLocks`."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.access.callers import ROOT, SYSTEM
from domain.blobs.model import Blob, new_blob_key
from domain.blobs.partials import Progress
from domain.buckets.errors import NoSuchBucketError, QuotaExceededError
from domain.buckets.model import Policy
from domain.errors import LeaseLostError
from domain.files.terms import Terms
from domain.quotas.model import Room
from domain.uploads.errors import NoSuchUploadError, UploadExpiredError
from domain.uploads.model import LockedUpload, NewUpload, Upload
from domain.values.ids import new_id
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, CatalogPorts, claims, inlined, with_grace
from tests.support.access import ALL_SHOWN
from tests.support.factories import BlobFactory, NewFileFactory

TTL = 3600.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
PIECES = {"pieces": ["a", "ü"], "next": 3}


async def begun(catalog: CatalogPorts, *, ttl: float = TTL, **fields: Any) -> Upload:
    """Begin an upload; the fields are those of `NewUpload`."""
    if fields.get("kind") != "partial":
        fields.setdefault("target", NewFileFactory.build())
    return await catalog.uploads.create_upload(NewUpload(**fields), id=new_id(), blob_key=new_blob_key(), ttl=ttl)


async def lock(catalog: CatalogPorts, upload: Upload, *, lease: float = LEASE, ttl: float = TTL) -> LockedUpload:
    """Hold an upload that nobody holds."""
    locked = await catalog.upload_locks.acquire_lock(upload.id, lease=lease, ttl=ttl)
    assert locked is not None
    return locked


def blob_of(upload: Upload, *, size: int = 10) -> Blob:
    return BlobFactory.build(key=upload.blob_key, size=size)


async def finished(catalog: CatalogPorts, upload: Upload, *, kept: float = TTL) -> UUID:
    """Finish an upload, and return its file's id."""
    locked = await lock(catalog, upload)
    assert upload.target is not None
    stored = await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=kept)
    return stored.file.id


class TestUploads:
    async def test_an_upload_comes_back_as_it_was_begun(self, catalog: CatalogPorts) -> None:
        precondition = Precondition(if_match=('"é"', 'W/"b"'), if_unmodified_since=LONG_AGO)
        target = NewFileFactory.build(
            name="é/x",
            metadata={"a": [1, None]},
            tags=("b", "a"),
            precondition=precondition,
            terms=Terms(max_file_size=10, allowed_types=("image/*",), wanted_name="é"),
        )
        begun_ = await begun(catalog, target=target, length=10, given="filename w6kveA==", concat="final;é")
        found = await catalog.uploads.get_upload(SYSTEM, begun_.id)
        assert found == begun_
        assert (found.target, found.length, found.given) == (target, 10, "filename w6kveA==")
        assert found.concat == "final;é"
        assert (found.kind, found.size, found.progress, found.is_finished) == ("whole", 0, None, False)
        assert (found.lock_state, found.is_release_requested, found.file_id) == ("free", False, None)
        assert found.expires_at > found.created_at

    async def test_metadata_and_tags_that_were_not_given_are_none(self, catalog: CatalogPorts) -> None:
        target = (await catalog.uploads.get_upload(SYSTEM, (await begun(catalog)).id)).target
        assert target is not None
        assert (target.metadata, target.tags) == (None, None)

    async def test_an_upload_that_never_was_is_not_found(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchUploadError):
            await catalog.uploads.get_upload(SYSTEM, new_id())
        with pytest.raises(NoSuchUploadError):
            await catalog.upload_locks.acquire_lock(new_id(), lease=LEASE, ttl=TTL)

    async def test_its_blob_is_staged_for_as_long_as_it_lives(self, catalog: CatalogPorts) -> None:
        alive, dead = await begun(catalog), await begun(catalog, ttl=0)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert list(await claims(catalog)) == [dead.blob_key]
        assert await catalog.blob_records.renew_leases([alive.blob_key], lease=LEASE) == {alive.blob_key}

    async def test_an_expired_upload_says_so_until_it_is_forgotten(self, catalog: CatalogPorts) -> None:
        upload, other = await begun(catalog, ttl=0), await begun(catalog)
        assert await catalog.uploads.forget_uploads(kept=TTL, limit=10) == 0
        for _ in range(2):
            with pytest.raises(UploadExpiredError):
                await catalog.uploads.get_upload(SYSTEM, upload.id)
            with pytest.raises(UploadExpiredError):
                await catalog.upload_locks.acquire_lock(upload.id, lease=LEASE, ttl=TTL)
            assert await catalog.uploads.list_uploads(ALL_SHOWN, bucket=None, after=None, limit=10) == [other]
            assert list(await catalog.uploads.get_uploads([upload.id, other.id, new_id()])) == [other.id]
        assert await catalog.uploads.forget_uploads(kept=0, limit=10) == 1
        with pytest.raises(NoSuchUploadError):
            await catalog.uploads.get_upload(SYSTEM, upload.id)

    async def test_expired_uploads_are_forgotten_a_few_at_a_time(self, catalog: CatalogPorts) -> None:
        for _ in range(3):
            await begun(catalog, ttl=0)
        assert [await catalog.uploads.forget_uploads(kept=0, limit=2) for _ in range(3)] == [2, 1, 0]

    async def test_an_upload_whose_blob_was_given_up_cannot_be_locked(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        await catalog.blob_records.release_blobs([upload.blob_key], at_once=True)
        with pytest.raises(UploadExpiredError):
            await catalog.upload_locks.acquire_lock(upload.id, lease=LEASE, ttl=TTL)

    async def test_only_one_holds_an_upload(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        assert (locked.upload, locked.is_inherited) == (await catalog.uploads.get_upload(SYSTEM, upload.id), False)
        assert await catalog.upload_locks.acquire_lock(upload.id, lease=LEASE, ttl=TTL) is None
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).lock_state == "held"
        await catalog.upload_locks.release_lock(upload.id, locked.epoch)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).lock_state == "free"
        assert (await lock(catalog, upload)).epoch > locked.epoch

    async def test_a_lock_whose_lease_has_ended_is_inherited_and_lost(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, length=10)
        first = await lock(catalog, upload, lease=0)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).lock_state == "left"
        second = await lock(catalog, upload)
        assert second.is_inherited
        progress = Progress(size=1, state=PIECES)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.save_progress(upload.id, first.epoch, progress, lease=LEASE, ttl=TTL)
        with pytest.raises(LeaseLostError):
            await catalog.upload_locks.renew_lock(upload.id, first.epoch, lease=LEASE)
        with pytest.raises(LeaseLostError):
            await catalog.upload_locks.is_release_requested(upload.id, first.epoch)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.set_length(upload.id, first.epoch, 5)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.finish_part(upload.id, first.epoch)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.end_upload(upload.id, first.epoch, at_once=True)
        assert upload.target is not None
        with pytest.raises(LeaseLostError):
            await catalog.uploads.finish_upload(upload.id, first.epoch, upload.target, blob_of(upload), kept=TTL)
        await catalog.upload_locks.release_lock(upload.id, first.epoch)
        found = await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert (found.lock_state, found.size, found.is_finished) == ("held", 0, False)

    async def test_a_hold_that_nobody_took_over_can_be_kept(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload, lease=0)
        await catalog.upload_locks.renew_lock(upload.id, locked.epoch, lease=LEASE)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).lock_state == "held"

    async def test_a_hold_that_was_let_go_is_over(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        await catalog.upload_locks.release_lock(upload.id, locked.epoch)
        with pytest.raises(LeaseLostError):
            await catalog.upload_locks.renew_lock(upload.id, locked.epoch, lease=LEASE)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.save_progress(upload.id, locked.epoch, Progress(1, {}), lease=LEASE, ttl=TTL)

    async def test_a_holder_learns_of_a_waiting_request_and_refuses_it_by_renewing(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        assert not await catalog.upload_locks.is_release_requested(upload.id, locked.epoch)
        await catalog.upload_locks.request_release(upload.id)
        assert await catalog.upload_locks.is_release_requested(upload.id, locked.epoch)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).is_release_requested
        await catalog.upload_locks.renew_lock(upload.id, locked.epoch, lease=LEASE)
        assert not (await catalog.uploads.get_upload(SYSTEM, upload.id)).is_release_requested

    async def test_a_new_hold_is_not_wanted(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        first = await lock(catalog, upload)
        await catalog.upload_locks.request_release(upload.id)
        await catalog.upload_locks.release_lock(upload.id, first.epoch)
        assert not await catalog.upload_locks.is_release_requested(upload.id, (await lock(catalog, upload)).epoch)

    async def test_progress_is_kept_as_it_is(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        progress = Progress(size=2**40, state=PIECES)
        await catalog.uploads.save_progress(upload.id, locked.epoch, progress, lease=LEASE, ttl=TTL)
        found = await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert (found.progress, found.size) == (progress, 2**40)

    async def test_progress_prolongs_the_lock(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload, lease=0)
        await catalog.uploads.save_progress(upload.id, locked.epoch, Progress(1, {}), lease=LEASE, ttl=TTL)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).lock_state == "held"

    async def test_progress_of_a_blob_that_was_given_up_is_refused(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        await catalog.blob_records.release_blobs([upload.blob_key], at_once=True)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.save_progress(upload.id, locked.epoch, Progress(1, {}), lease=LEASE, ttl=TTL)

    async def test_work_prolongs_the_life_of_an_upload_and_never_shortens_it(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, ttl=60)
        locked = await lock(catalog, upload, ttl=TTL)
        longer = (await catalog.uploads.get_upload(SYSTEM, upload.id)).expires_at
        assert longer > upload.expires_at
        await catalog.uploads.save_progress(upload.id, locked.epoch, Progress(1, {}), lease=LEASE, ttl=60)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).expires_at == longer
        await catalog.uploads.save_progress(upload.id, locked.epoch, Progress(1, {}), lease=LEASE, ttl=2 * TTL)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).expires_at > longer

    async def test_a_length_can_come_later(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        await catalog.uploads.set_length(upload.id, locked.epoch, 7)
        assert (await catalog.uploads.get_upload(SYSTEM, upload.id)).length == 7

    async def test_a_finished_upload_is_a_file(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, target=NewFileFactory.build(metadata={"k": 1}, tags=("t",)), length=10)
        file = await catalog.files.get_file(await finished(catalog, upload))
        assert (file.blob_key, file.size, file.metadata, file.tags) == (upload.blob_key, 10, {"k": 1}, ("t",))
        found = await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert (found.is_finished, found.file_id, found.size, found.lock_state) == (True, file.id, 10, "free")
        assert await catalog.uploads.list_uploads(ALL_SHOWN, bucket=None, after=None, limit=10) == []

    async def test_finishing_again_finds_the_same_file(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, length=10)
        locked = await lock(catalog, upload)
        assert upload.target is not None
        first, second = [
            await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=TTL)
            for _ in range(2)
        ]
        assert second.file == first.file

    async def test_a_finish_that_is_refused_leaves_the_upload_as_it_was(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("small", Policy(quota_bytes=9))
        upload = await begun(catalog, target=NewFileFactory.build(bucket="small"), length=10)
        locked = await lock(catalog, upload)
        assert upload.target is not None
        with pytest.raises(QuotaExceededError):
            await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=TTL)
        await catalog.buckets.delete_bucket("small")
        with pytest.raises(NoSuchBucketError):
            await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=TTL)
        found = await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert (found.is_finished, found.lock_state) == (False, "held")
        assert await catalog.blob_records.renew_leases([upload.blob_key], lease=LEASE) == {upload.blob_key}

    async def test_a_finished_upload_is_forgotten_and_its_file_stays(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, length=10)
        file_id = await finished(catalog, upload, kept=0)
        with pytest.raises(UploadExpiredError):
            await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert await catalog.uploads.forget_uploads(kept=0, limit=10) == 1
        assert (await catalog.files.get_file(file_id)).blob_key == upload.blob_key

    async def test_a_finished_upload_can_be_held_and_ended_and_its_file_stays(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, length=10)
        file_id = await finished(catalog, upload)
        locked = await lock(catalog, upload)
        await catalog.uploads.end_upload(upload.id, locked.epoch, at_once=True)
        with pytest.raises(NoSuchUploadError):
            await catalog.uploads.get_upload(SYSTEM, upload.id)
        assert (await catalog.files.get_file(file_id)).blob_key == upload.blob_key

    async def test_the_blob_of_an_upload_that_was_ended_is_condemned(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog)
        locked = await lock(catalog, upload)
        await catalog.uploads.end_upload(upload.id, locked.epoch, at_once=False)
        with pytest.raises(NoSuchUploadError):
            await catalog.uploads.get_upload(SYSTEM, upload.id)
        [claim] = (await claims(catalog)).values()
        assert (claim.key, claim.finished) == (upload.blob_key, False)

    @with_grace
    async def test_only_what_nobody_can_write_goes_at_once(self, catalog: CatalogPorts) -> None:
        clean, dirty = await begun(catalog), await begun(catalog)
        for upload in (clean, dirty):
            locked = await lock(catalog, upload)
            await catalog.uploads.end_upload(upload.id, locked.epoch, at_once=upload == clean)
        assert list(await claims(catalog)) == [clean.blob_key]

    async def test_a_finished_part_stays_an_upload(self, catalog: CatalogPorts) -> None:
        part = await begun(catalog, kind="partial", length=3)
        locked = await lock(catalog, part)
        await catalog.uploads.save_progress(part.id, locked.epoch, Progress(3, PIECES), lease=LEASE, ttl=TTL)
        await catalog.uploads.finish_part(part.id, locked.epoch)
        found = await catalog.uploads.get_upload(SYSTEM, part.id)
        assert (found.kind, found.target, found.is_finished, found.file_id) == ("partial", None, True, None)
        assert (found.size, found.lock_state) == (3, "free")
        assert await catalog.blob_records.renew_leases([part.blob_key], lease=LEASE) == {part.blob_key}

    async def test_a_part_knows_the_finals_that_wait_for_it(self, catalog: CatalogPorts) -> None:
        part, other = await begun(catalog, kind="partial"), await begun(catalog, kind="partial")
        final = await begun(catalog, kind="final", parts=(part.id, other.id))
        done = await begun(catalog, kind="final", parts=(part.id,))
        await finished(catalog, done)
        assert (await catalog.uploads.get_upload(SYSTEM, final.id)).parts == (part.id, other.id)
        assert await catalog.uploads.list_unfinished_finals(part.id) == [final.id]
        assert await catalog.uploads.list_unfinished_finals(final.id) == []

    async def test_a_lock_on_a_final_upload_keeps_its_parts_alive(self, catalog: CatalogPorts) -> None:
        part = await begun(catalog, kind="partial", ttl=60)
        final = await begun(catalog, kind="final", parts=(part.id,))
        await lock(catalog, final)
        assert (await catalog.uploads.get_upload(SYSTEM, part.id)).expires_at > part.expires_at

    async def test_parts_do_not_outlive_their_final_upload(self, catalog: CatalogPorts) -> None:
        part = await begun(catalog, kind="partial")
        final = await begun(catalog, kind="final", parts=(part.id,))
        await finished(catalog, final, kept=0)
        with pytest.raises(UploadExpiredError):
            await catalog.uploads.get_upload(SYSTEM, part.id)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert list(await claims(catalog)) == [part.blob_key]

    async def test_unfinished_uploads_are_listed_by_id_and_bucket_a_page_at_a_time(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("music", Policy())
        uploads = [await begun(catalog) for _ in range(2)]
        uploads.append(await begun(catalog, target=NewFileFactory.build(bucket="music")))
        uploads.append(await begun(catalog, kind="partial"))
        uploads.sort(key=lambda each: each.id)
        first = await catalog.uploads.list_uploads(ALL_SHOWN, bucket=None, after=None, limit=3)
        assert first == uploads[:3]
        assert await catalog.uploads.list_uploads(ALL_SHOWN, bucket=None, after=first[-1].id, limit=3) == uploads[3:]
        of_music = await catalog.uploads.list_uploads(ALL_SHOWN, bucket="music", after=None, limit=10)
        assert [each.target and each.target.bucket for each in of_music] == ["music"]

    async def test_a_file_that_was_deleted_is_no_reason_to_store_it_again(self, catalog: CatalogPorts) -> None:
        upload = await begun(catalog, length=10)
        locked = await lock(catalog, upload)
        assert upload.target is not None
        stored = await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=TTL)
        await catalog.files.delete_file(ROOT, stored.file.id, NO_PRECONDITION)
        with pytest.raises(LeaseLostError):
            await catalog.uploads.finish_upload(upload.id, locked.epoch, upload.target, blob_of(upload), kept=TTL)

    async def test_an_upload_may_end_as_an_inline_file_and_its_own_blob_is_condemned(
        self, catalog: CatalogPorts
    ) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        target = NewFileFactory.build(bucket="songs")
        room = Room(bucket="songs", name=target.name, size=10)
        upload = await begun(catalog, target=target, length=10, room=room)
        locked = await lock(catalog, upload)
        blob = inlined(bytes(10), size=10)
        first = await catalog.uploads.finish_upload(upload.id, locked.epoch, target, blob, kept=TTL)
        assert await catalog.files.get_file_with_content(first.file.id) == (
            first.file,
            (await catalog.buckets.get_bucket("songs")).policy,
            bytes(10),
        )
        assert await catalog.uploads.finish_upload(upload.id, locked.epoch, target, blob, kept=TTL) == first
        assert list(await claims(catalog)) == [upload.blob_key]
