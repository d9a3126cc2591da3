"""Every port of the catalog records its changes, once each, on behalf of the caller that acts."""

import pytest

from domain.access.acting import acting_as
from domain.access.callers import ROOT, SYSTEM
from domain.audit.model import AuditEntry
from domain.batches.model import Copy, Delete
from domain.buckets.model import BucketChange, Policy
from domain.errors import FileportError
from domain.files.errors import NameTakenError
from domain.files.model import Destination, File
from domain.jobs.model import MAX_ATTEMPTS
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts import direct_uploads, jobs, uploads
from tests.contracts.audit.entries import ANN, BEN, actions, entries
from tests.contracts.multipart import setup as multipart
from tests.contracts.setup import CatalogPorts, changed, expired, expiring, stored

STALE = Precondition(if_match=('"stale"',))


def is_about(entry: AuditEntry, file: File) -> bool:
    return (entry.bucket, entry.file_id, entry.name) == (file.bucket, file.id, file.name)


class TestRecordingChanges:
    async def test_an_entry_says_who_did_what_to_which_file_when_and_from_where(self, catalog: CatalogPorts) -> None:
        with acting_as(ANN):
            file = await stored(catalog, name="é/x")
        [entry] = await entries(catalog)
        assert is_about(entry, file)
        assert (entry.action, entry.outcome, entry.count, entry.subject) == ("file.create", "done", 1, None)
        assert (entry.caller, entry.address, entry.request_id) == ("key:ann", "203.0.113.7", "r-1")
        assert entry.at == file.created_at
        assert entry.id.version == 4

    async def test_nobody_in_particular_is_the_system(self, catalog: CatalogPorts) -> None:
        await stored(catalog)
        [entry] = await entries(catalog)
        assert (entry.caller, entry.address, entry.request_id) == ("system", None, None)

    async def test_the_life_of_a_file(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a")
        await stored(catalog, name="a")
        file = await catalog.files.get_file(file.id)
        file = await changed(catalog, file, tags=("x",))
        await changed(catalog, file, name="b")
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert sorted(await actions(catalog, file_id=file.id)) == sorted(
            ["file.create", "file.replace", "file.change", "file.move_from", "file.move_to", "file.delete"]
        )

    async def test_a_file_that_moves_is_recorded_at_both_places(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, name="a")
        moved = await changed(catalog, file, bucket="songs", name="b")
        [from_] = await entries(catalog, action="file.move_from")
        [to] = await entries(catalog, action="file.move_to")
        assert is_about(from_, file)
        assert is_about(to, moved)

    async def test_a_copy_is_recorded_for_the_original_and_for_the_new_file(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, name="a")
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        [from_] = await entries(catalog, action="file.copy_from")
        [to] = await entries(catalog, action="file.copy_to")
        assert is_about(from_, original)
        assert is_about(to, copy)
        assert len(await entries(catalog)) == 3

    async def test_a_change_that_fails_is_not_recorded(self, catalog: CatalogPorts) -> None:
        file, _ = await stored(catalog, name="a"), await stored(catalog, name="b")
        before = await entries(catalog)
        with pytest.raises(NameTakenError):
            await changed(catalog, file, name="b")
        with pytest.raises(FileportError):
            await catalog.files.delete_file(ROOT, file.id, STALE)
        with pytest.raises(FileportError):
            await catalog.files.copy_file(ROOT, file.id, Destination(name="b"), NO_PRECONDITION)
        assert await catalog.files.change_file(file) is not None
        assert await catalog.files.change_file(file) is None
        assert len(await entries(catalog)) == len(before) + 1

    async def test_of_a_batch_what_was_done_is_recorded(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, name=name) for name in ("a", "b", "c")]
        with acting_as(ANN):
            await catalog.batches.apply_batch(
                ROOT,
                [
                    Delete(address=files[0].id),
                    Delete(address=files[1].id, precondition=STALE),
                    Delete(address=files[2].id),
                    Copy(address=files[1].id, to=Destination(name="b")),
                    Copy(address=files[1].id, to=Destination(name="d")),
                ],
            )
        assert sorted(await actions(catalog, caller="key:ann")) == [
            "file.copy_from",
            "file.copy_to",
            "file.delete",
            "file.delete",
        ]
        for file in (files[0], files[2]):
            [entry] = await entries(catalog, action="file.delete", file_id=file.id)
            assert is_about(entry, file)

    async def test_what_expires_is_removed_by_the_system(self, catalog: CatalogPorts) -> None:
        reaped, replaced, deleted = (
            await expired(catalog, name="a"),
            await expired(catalog, name="b"),
            await expired(catalog, name="c"),
        )
        with acting_as(ANN):
            new = await stored(catalog, name="b")
            original = await stored(catalog, name="d")
            await catalog.files.copy_file(ROOT, original.id, Destination(name="c"), NO_PRECONDITION)
        await catalog.files.expire_files(limit=10)
        found = await entries(catalog, action="file.expire")
        assert {entry.file_id for entry in found} == {reaped.id, replaced.id, deleted.id}
        assert {entry.caller for entry in found} == {SYSTEM.owner}
        assert await actions(catalog, file_id=new.id) == ["file.create"]

    async def test_the_life_of_a_bucket(self, catalog: CatalogPorts) -> None:
        with acting_as(ANN):
            await catalog.buckets.put_bucket("songs", Policy())
            await catalog.buckets.put_bucket("songs", Policy(public=True))
            await catalog.buckets.put_bucket("songs", Policy(public=True))
            await catalog.buckets.change_bucket("songs", BucketChange(labels={"team": "a"}))
            await catalog.buckets.change_bucket("songs", BucketChange(labels={"team": "a"}, cors=()))
            await catalog.buckets.delete_bucket("songs")
        found = await entries(catalog, bucket="songs")
        assert {entry.action for entry in found} == {"bucket.create", "bucket.change", "bucket.delete"}
        assert len(found) == 4
        assert {(entry.caller, entry.name, entry.file_id) for entry in found} == {("key:ann", None, None)}

    async def test_the_expired_files_of_a_bucket_go_with_it(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        async with expiring(catalog, "songs"):
            file = await stored(catalog, bucket="songs")
        with acting_as(ANN):
            await catalog.buckets.delete_bucket("songs")
        [entry] = await entries(catalog, action="file.expire")
        assert is_about(entry, file)
        assert entry.caller == SYSTEM.owner

    async def test_a_job_is_recorded_with_its_prefix_and_its_id(self, catalog: CatalogPorts) -> None:
        await jobs.fill(catalog, "a/1", "a/2")
        with acting_as(ANN):
            job = await catalog.jobs.create_job(ANN.owner, jobs.deleting("a/"))
        await jobs.work(catalog)
        [start] = await entries(catalog, action="job.start")
        assert (start.bucket, start.name, start.subject) == ("default", "a/", str(job.id))
        assert start.caller == "key:ann"
        [end] = await entries(catalog, action="job.end")
        assert (end.bucket, end.name, end.subject) == ("default", "a/", str(job.id))
        assert (end.caller, end.address, end.request_id) == ("key:ann", None, str(job.id))

    async def test_a_step_of_a_job_is_of_the_one_who_started_it(self, catalog: CatalogPorts) -> None:
        files = await jobs.fill(catalog, "a/1", "a/2")
        job = await catalog.jobs.create_job(BEN.owner, jobs.moving("a/", "b/"))
        await jobs.work(catalog, limit=1)
        moved = await entries(catalog, action="file.move_to")
        assert {entry.file_id for entry in moved} == {file.id for file in files}
        assert {(entry.caller, entry.request_id) for entry in moved} == {(BEN.owner, str(job.id))}
        await stored(catalog)
        assert (await entries(catalog, action="file.create", limit=1))[0].caller == SYSTEM.owner

    async def test_a_job_that_is_cancelled_or_fails_is_recorded(self, catalog: CatalogPorts) -> None:
        job = await catalog.jobs.create_job(ANN.owner, jobs.deleting("a/"))
        with acting_as(ANN):
            await catalog.jobs.end_job(job.id)
        [cancel] = await entries(catalog, action="job.cancel")
        assert (cancel.caller, cancel.subject) == ("key:ann", str(job.id))
        failing = await catalog.jobs.create_job(ANN.owner, jobs.deleting("b/"))
        for _ in range(MAX_ATTEMPTS):
            assert await catalog.jobs.claim_job(lease=0) is not None
        assert await catalog.jobs.claim_job(lease=0) is None
        [end] = await entries(catalog, action="job.end")
        assert end.subject == str(failing.id)

    async def test_an_upload_is_recorded_when_it_begins_and_as_the_file_that_it_becomes(
        self, catalog: CatalogPorts
    ) -> None:
        with acting_as(ANN):
            upload = await uploads.begun(catalog, length=10)
            file_id = await uploads.finished(catalog, upload)
        assert upload.target is not None
        assert set(await actions(catalog)) == {"upload.begin", "file.create"}
        [begin] = await entries(catalog, action="upload.begin")
        assert (begin.bucket, begin.name) == (upload.target.bucket, upload.target.name)
        assert (begin.subject, begin.caller) == (str(upload.id), "key:ann")
        assert len(await entries(catalog, file_id=file_id)) == 1

    async def test_an_upload_that_its_client_ends_is_recorded(self, catalog: CatalogPorts) -> None:
        upload = await uploads.begun(catalog, kind="partial")
        locked = await uploads.lock(catalog, upload)
        await catalog.uploads.end_upload(upload.id, locked.epoch, at_once=True)
        found = await entries(catalog)
        assert {entry.action for entry in found} == {"upload.end", "upload.begin"}
        assert {(entry.bucket, entry.name, entry.subject) for entry in found} == {(None, None, str(upload.id))}

    async def test_a_direct_upload_is_recorded(self, catalog: CatalogPorts) -> None:
        upload = await direct_uploads.opened(catalog)
        blob = await direct_uploads.claimed(catalog, upload)
        await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        assert sorted(await actions(catalog)) == ["direct_upload.begin", "file.create"]
        other = await direct_uploads.opened(catalog, name="other")
        await catalog.direct_uploads.abort_direct_upload(other.id)
        await catalog.direct_uploads.abort_direct_upload(other.id)
        [end] = await entries(catalog, action="direct_upload.end")
        assert (end.bucket, end.name, end.subject) == (other.file.bucket, "other", str(other.id))

    async def test_a_multipart_upload_is_recorded(self, catalog: CatalogPorts) -> None:
        upload = await multipart.opened(catalog)
        key = await multipart.claimed(catalog, upload, await multipart.put(catalog, upload, 1))
        for _ in range(2):
            await catalog.multipart_uploads.commit_upload(
                upload.id, key, upload.file, multipart.blob_of(upload), (), kept=60
            )
        assert sorted(await actions(catalog)) == ["file.create", "multipart_upload.begin"]
        other = await multipart.opened(catalog, name="other")
        await catalog.multipart_uploads.abort_upload(other.address)
        [end] = await entries(catalog, action="multipart_upload.end")
        assert (end.bucket, end.name, end.subject) == ("default", "other", str(other.id))
