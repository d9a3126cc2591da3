"""The contract of `domain.direct_uploads.ports.DirectUploads`."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from domain.access.callers import ROOT
from domain.blobs.model import Blob, new_blob_key
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Policy
from domain.direct_uploads.errors import DirectUploadEndedError, NoSuchDirectUploadError
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.errors import LeaseLostError, PreconditionFailedError
from domain.files.errors import NoSuchFileError
from domain.values.digests import Digest
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, CatalogPorts, claims, reserved, stored, usage
from tests.support.access import ALL_SHOWN
from tests.support.factories import BlobFactory, NewFileFactory

SIZE = 5000
FAILURE = Failure(code="quota_exceeded", detail="No room.")


async def opened(catalog: CatalogPorts, *, life: float = LEASE, lease: float = LEASE, **fields: Any) -> DirectUpload:
    """Open an upload of `SIZE` bytes; the fields are those of `NewFile`."""
    key = new_blob_key()
    await catalog.blob_records.reserve_blobs([key], lease=LEASE)
    file = NewFileFactory.build(**{"size": SIZE, **fields})
    new = NewDirectUpload(file=file, part_size=1000, key=key, multipart_id="parts")
    return await catalog.direct_uploads.open_direct_upload(new, life=life, lease=lease)


async def claimed(catalog: CatalogPorts, upload: DirectUpload) -> Blob:
    """Claim the completion of an open upload, and return the blob that it is claimed for."""
    blob = await reserved(catalog, size=SIZE)
    assert (await catalog.direct_uploads.claim_direct_upload(upload.id, blob.key)).state == "open"
    return blob


async def state(catalog: CatalogPorts, upload: DirectUpload) -> str:
    return (await catalog.direct_uploads.get_direct_upload(upload.id)).state


class TestDirectUploads:
    async def test_an_upload_is_found_as_it_was_opened(self, catalog: CatalogPorts) -> None:
        upload = await opened(
            catalog,
            metadata={"a": [1, None, "ü"]},
            tags=("x", "y"),
            digests=(Digest("sha-256", bytes(range(32))),),
            precondition=Precondition(
                if_match=('"a"', 'W/"b"'),
                if_unmodified_since=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                if_none_match=(),
            ),
        )
        assert await catalog.direct_uploads.get_direct_upload(upload.id) == upload
        assert (upload.state, upload.size, upload.part_count, upload.multipart_id) == ("open", SIZE, 5, "parts")
        assert (upload.expires_at - upload.created_at).total_seconds() == LEASE
        bare = await opened(catalog)
        assert await catalog.direct_uploads.get_direct_upload(bare.id) == bare
        assert (bare.file.metadata, bare.file.tags, bare.file.digests) == (None, None, ())

    async def test_an_upload_that_is_not_there_is_not_found(self, catalog: CatalogPorts) -> None:
        for call in (catalog.direct_uploads.get_direct_upload, catalog.direct_uploads.abort_direct_upload):
            with pytest.raises(NoSuchDirectUploadError):
                await call(uuid4())
        with pytest.raises(NoSuchDirectUploadError):
            await catalog.direct_uploads.claim_direct_upload(uuid4(), new_blob_key())
        with pytest.raises(NoSuchDirectUploadError):
            await catalog.direct_uploads.commit_direct_upload(uuid4(), BlobFactory.build())

    async def test_only_a_staged_blob_awaits_bytes(self, catalog: CatalogPorts) -> None:
        new = NewDirectUpload(file=NewFileFactory.build(size=1), part_size=1, key=new_blob_key(), multipart_id=None)
        with pytest.raises(LeaseLostError):
            await catalog.direct_uploads.open_direct_upload(new, life=LEASE, lease=LEASE)

    async def test_the_staged_blob_is_leased_anew(self, catalog: CatalogPorts) -> None:
        await opened(catalog, lease=0)
        kept = await opened(catalog)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert await state(catalog, kept) == "open"

    async def test_an_upload_expires(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, life=0)
        assert await state(catalog, upload) == "expired"
        blob = await reserved(catalog)
        assert (await catalog.direct_uploads.claim_direct_upload(upload.id, blob.key)).state == "expired"
        assert await state(catalog, upload) == "expired"

    async def test_an_upload_goes_with_its_staged_blob(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, life=0, lease=0)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert await state(catalog, upload) == "expired"
        (claim,) = (await claims(catalog)).values()
        assert (claim.key, claim.finished) == (upload.key, False)
        assert await catalog.blob_records.forget_blobs([claim]) == 1
        with pytest.raises(NoSuchDirectUploadError):
            await catalog.direct_uploads.get_direct_upload(upload.id)
        assert await catalog.direct_uploads.list_direct_uploads(ALL_SHOWN, after=None, limit=10) == []

    async def test_an_upload_becomes_a_file_as_it_was_declared(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, name="a", content_type="a/b", metadata={"x": 1}, tags=("t",))
        blob = await claimed(catalog, upload)
        assert await state(catalog, upload) == "completing"
        committed = await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        file = await catalog.files.get_file_by_name("default", "a")
        assert (committed.file, committed.created) == (file, True)
        assert (file.content_type, file.metadata, file.tags) == ("a/b", {"x": 1}, ("t",))
        assert (file.blob_key, file.size, file.sha256) == (blob.key, blob.size, blob.sha256)
        found = await catalog.direct_uploads.get_direct_upload(upload.id)
        assert (found.state, found.file_id) == ("completed", file.id)

    async def test_a_type_that_the_bytes_told_is_the_files(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, content_type="application/octet-stream")
        blob = await claimed(catalog, upload)
        committed = await catalog.direct_uploads.commit_direct_upload(upload.id, blob, "image/png")
        assert committed.file.content_type == "image/png"
        assert await catalog.direct_uploads.commit_direct_upload(upload.id, blob, "image/png") == committed

    async def test_a_commit_that_is_repeated_finds_its_file(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        first = await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        assert await catalog.direct_uploads.commit_direct_upload(upload.id, blob) == first
        assert (await usage(catalog)).files == 1
        await catalog.files.delete_file(ROOT, first.file.id, NO_PRECONDITION)
        with pytest.raises(NoSuchFileError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)

    async def test_a_file_of_that_name_is_replaced_and_the_conditions_hold(self, catalog: CatalogPorts) -> None:
        before = await stored(catalog, name="a")
        refused = await opened(catalog, name="a", precondition=Precondition(if_none_match=()))
        with pytest.raises(PreconditionFailedError):
            await catalog.direct_uploads.commit_direct_upload(refused.id, await claimed(catalog, refused))
        assert await state(catalog, refused) == "completing"
        upload = await opened(catalog, name="a", precondition=Precondition(if_match=(before.etag,)))
        committed = await catalog.direct_uploads.commit_direct_upload(upload.id, await claimed(catalog, upload))
        assert (committed.created, committed.file.id, committed.file.revision) == (False, before.id, 2)
        assert list(await claims(catalog)) == [before.blob_key]

    async def test_a_quota_holds_in_the_commit(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=SIZE - 1))
        blob = await claimed(catalog, upload)
        with pytest.raises(QuotaExceededError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        assert (await usage(catalog)).files == 0
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=SIZE))
        assert (await catalog.direct_uploads.commit_direct_upload(upload.id, blob)).file.size == SIZE

    async def test_a_completion_is_claimed_once_while_its_blob_is_leased(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        first, second = await claimed(catalog, upload), await reserved(catalog, size=SIZE)
        assert (await catalog.direct_uploads.claim_direct_upload(upload.id, second.key)).state == "completing"
        with pytest.raises(LeaseLostError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, second)
        await catalog.blob_records.release_blobs([first.key], at_once=True)
        assert await state(catalog, upload) == "open"
        assert (await catalog.direct_uploads.claim_direct_upload(upload.id, second.key)).state == "open"
        with pytest.raises(LeaseLostError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, first)
        assert (await catalog.direct_uploads.commit_direct_upload(upload.id, second)).created

    async def test_a_completion_whose_lease_has_ended_can_be_taken_over(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        lost = await claimed(catalog, upload)
        await catalog.blob_records.renew_leases([lost.key], lease=0)
        assert await state(catalog, upload) == "open"
        blob = await claimed(catalog, upload)
        with pytest.raises(LeaseLostError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, lost)
        assert (await catalog.direct_uploads.commit_direct_upload(upload.id, blob)).created

    async def test_a_completed_upload_is_not_claimed_again(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        committed = await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        found = await catalog.direct_uploads.claim_direct_upload(upload.id, (await reserved(catalog)).key)
        assert (found.state, found.file_id) == ("completed", committed.file.id)
        assert await catalog.direct_uploads.commit_direct_upload(upload.id, blob) == committed

    async def test_a_failure_is_told_until_the_next_try(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        await catalog.direct_uploads.fail_direct_upload(upload.id, blob.key, FAILURE, ended=False)
        await catalog.blob_records.release_blobs([blob.key], at_once=True)
        found = await catalog.direct_uploads.get_direct_upload(upload.id)
        assert (found.state, found.failure) == ("open", FAILURE)
        await claimed(catalog, upload)
        assert (await catalog.direct_uploads.get_direct_upload(upload.id)).failure is None

    async def test_an_upload_may_fail_for_good(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        await catalog.direct_uploads.fail_direct_upload(upload.id, blob.key, FAILURE, ended=True)
        found = await catalog.direct_uploads.get_direct_upload(upload.id)
        assert (found.state, found.failure) == ("failed", FAILURE)
        with pytest.raises(DirectUploadEndedError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)

    async def test_only_who_has_the_claim_tells_of_a_failure(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        await claimed(catalog, upload)
        await catalog.direct_uploads.fail_direct_upload(upload.id, new_blob_key(), FAILURE, ended=True)
        found = await catalog.direct_uploads.get_direct_upload(upload.id)
        assert (found.state, found.failure) == ("completing", None)

    async def test_a_completed_upload_does_not_fail(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        await catalog.direct_uploads.fail_direct_upload(upload.id, blob.key, FAILURE, ended=True)
        assert await state(catalog, upload) == "completed"

    async def test_an_aborted_upload_becomes_no_file(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        blob = await claimed(catalog, upload)
        assert (await catalog.direct_uploads.abort_direct_upload(upload.id)).state == "completing"
        assert (await catalog.direct_uploads.abort_direct_upload(upload.id)).state == "aborted"
        with pytest.raises(DirectUploadEndedError):
            await catalog.direct_uploads.commit_direct_upload(upload.id, blob)
        assert (await usage(catalog)).files == 0

    async def test_a_completed_upload_is_not_aborted(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        await catalog.direct_uploads.commit_direct_upload(upload.id, await claimed(catalog, upload))
        assert (await catalog.direct_uploads.abort_direct_upload(upload.id)).state == "completed"
        assert await state(catalog, upload) == "completed"

    async def test_unfinished_uploads_are_listed_in_pages(self, catalog: CatalogPorts) -> None:
        uploads = [await opened(catalog) for _ in range(5)]
        await opened(catalog, life=0)
        await catalog.direct_uploads.abort_direct_upload(uploads[1].id)
        await catalog.direct_uploads.commit_direct_upload(uploads[2].id, await claimed(catalog, uploads[2]))
        await claimed(catalog, uploads[3])
        first = await catalog.direct_uploads.list_direct_uploads(ALL_SHOWN, after=None, limit=2)
        second = await catalog.direct_uploads.list_direct_uploads(ALL_SHOWN, after=first[-1].id, limit=2)
        expected = [(uploads[0].id, "open"), (uploads[3].id, "completing"), (uploads[4].id, "open")]
        assert [(each.id, each.state) for each in (*first, *second)] == sorted(expected)
