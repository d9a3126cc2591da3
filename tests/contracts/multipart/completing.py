"""The contract of `domain.multipart.ports.MultipartUploads`: completions."""

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.blobs.model import BlobPart
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Policy
from domain.errors import LeaseLostError, PreconditionFailedError
from domain.multipart.errors import InvalidPartError, MultipartUploadBusyError, NoSuchMultipartUploadError
from domain.multipart.model import manifest_of
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.multipart.setup import begun, blob_of, claimed, opened, put
from tests.contracts.setup import LEASE, CatalogPorts, claims, condemned, reserved, stored, usage

PARTS = (BlobPart(10, "AAAAAA=="), BlobPart(3))


class TestCompletingMultipartUploads:
    async def test_an_upload_becomes_a_file(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, name="a", content_type="a/b", metadata={"x": 1})
        own = (await reserved(catalog)).key
        parts = [await put(catalog, upload, 2), await put(catalog, upload, 5, key=own)]
        key = await claimed(catalog, upload, *parts)
        blob = blob_of(upload)
        done = await catalog.multipart_uploads.commit_upload(upload.id, key, upload.file, blob, PARTS, kept=LEASE)
        file = await catalog.files.get_file_by_name("default", "a")
        assert (done.file, done.created) == (file, True)
        assert (file.content_type, file.metadata, file.blob_key, file.size) == ("a/b", {"x": 1}, upload.key, blob.size)
        assert await catalog.blob_records.get_parts(upload.key) == PARTS
        assert await condemned(catalog) == [own]
        assert await catalog.multipart_uploads.list_uploads(None, "default", limit=10) == []

    async def test_a_blob_that_came_whole_has_no_parts(self, catalog: CatalogPorts) -> None:
        assert await catalog.blob_records.get_parts((await stored(catalog)).blob_key) == ()

    async def test_parts_of_a_blob_go_with_its_record(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        key = await claimed(catalog, upload, await put(catalog, upload, 1))
        args = upload.id, key, upload.file, blob_of(upload), PARTS
        done = await catalog.multipart_uploads.commit_upload(*args, kept=LEASE)
        await catalog.files.delete_file(ROOT, done.file.id, NO_PRECONDITION)
        assert await catalog.blob_records.forget_blobs([(await claims(catalog))[upload.key]]) == 1
        assert await catalog.blob_records.get_parts(upload.key) == ()

    async def test_the_result_is_kept_for_repeats_whatever_becomes_of_the_file(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        part = await put(catalog, upload, 1)
        key = await claimed(catalog, upload, part)
        args = upload.id, key, upload.file, blob_of(upload), PARTS
        first = await catalog.multipart_uploads.commit_upload(*args, kept=LEASE)
        await catalog.files.delete_file(ROOT, first.file.id, NO_PRECONDITION)
        assert await catalog.multipart_uploads.commit_upload(*args, kept=LEASE) == first
        other = (await reserved(catalog)).key
        found = await catalog.multipart_uploads.claim_completion(
            upload.id, manifest_of([part]), [part], other, ttl=LEASE
        )
        assert (found.stored, found.manifest) == (first, manifest_of([part]))
        assert (await catalog.multipart_uploads.get_upload(upload.address)).stored == first
        assert (await usage(catalog)).files == 0

    async def test_a_result_is_kept_for_its_time(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        key = await claimed(catalog, upload, await put(catalog, upload, 1))
        args = upload.id, key, upload.file, blob_of(upload), PARTS
        await catalog.multipart_uploads.commit_upload(*args, kept=0)
        with pytest.raises(NoSuchMultipartUploadError):
            await catalog.multipart_uploads.get_upload(upload.address)
        assert await catalog.multipart_uploads.forget_uploads(limit=10) == 1
        assert (await usage(catalog)).files == 1

    async def test_a_completed_upload_takes_nothing_and_is_not_aborted(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        key = await claimed(catalog, upload, await put(catalog, upload, 1))
        args = upload.id, key, upload.file, blob_of(upload), PARTS
        await catalog.multipart_uploads.commit_upload(*args, kept=LEASE)
        with pytest.raises(NoSuchMultipartUploadError):
            await begun(catalog, upload, 2, 10)
        with pytest.raises(NoSuchMultipartUploadError):
            await put(catalog, upload, 1)
        with pytest.raises(NoSuchMultipartUploadError):
            await catalog.multipart_uploads.abort_upload(upload.address)
        assert await condemned(catalog) == []

    async def test_from_its_first_claim_on_an_upload_takes_no_parts_and_no_other_choice(
        self, catalog: CatalogPorts
    ) -> None:
        upload = await opened(catalog)
        first, second = await put(catalog, upload, 1), await put(catalog, upload, 2)
        key = await claimed(catalog, upload, first, second)
        with pytest.raises(MultipartUploadBusyError):
            await put(catalog, upload, 1)
        await catalog.blob_records.release_blobs([key], at_once=True)
        with pytest.raises(MultipartUploadBusyError):
            await put(catalog, upload, 3)
        with pytest.raises(InvalidPartError):
            await claimed(catalog, upload, first)
        await claimed(catalog, upload, first, second)

    async def test_one_claim_holds_at_a_time(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        part = await put(catalog, upload, 1)
        lost = await claimed(catalog, upload, part)
        with pytest.raises(MultipartUploadBusyError):
            await claimed(catalog, upload, part)
        await catalog.blob_records.renew_leases([lost], lease=0)
        key = await claimed(catalog, upload, part)
        with pytest.raises(LeaseLostError):
            await catalog.multipart_uploads.commit_upload(
                upload.id, lost, upload.file, blob_of(upload), PARTS, kept=LEASE
            )
        args = upload.id, key, upload.file, blob_of(upload), PARTS
        assert (await catalog.multipart_uploads.commit_upload(*args, kept=LEASE)).created

    async def test_a_part_that_was_replaced_is_not_completed_with(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        former, other = await put(catalog, upload, 1), await put(catalog, upload, 2)
        latest = await put(catalog, upload, 1)
        with pytest.raises(InvalidPartError) as refused:
            await claimed(catalog, upload, former, other)
        assert refused.value.number == 1
        await claimed(catalog, upload, latest, other)

    async def test_a_claim_keeps_the_upload_and_the_blobs_of_its_parts_alive(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        own = (await reserved(catalog)).key
        part = await put(catalog, upload, 1, key=own)
        await catalog.blob_records.renew_leases([own, upload.key], lease=0)
        await claimed(catalog, upload, part, ttl=2 * LEASE)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        extended = await catalog.multipart_uploads.get_upload(upload.address)
        assert (extended.expires_at - upload.expires_at).total_seconds() > LEASE / 2

    async def test_a_refused_commit_leaves_the_upload_as_it_was(self, catalog: CatalogPorts) -> None:
        before = await stored(catalog, name="a", size=10)
        refused = Precondition(if_none_match=())
        upload = await opened(catalog, name="a", precondition=refused)
        key = await claimed(catalog, upload, await put(catalog, upload, 1))
        blob = blob_of(upload, size=10)
        commit = catalog.multipart_uploads.commit_upload
        with pytest.raises(PreconditionFailedError):
            await commit(upload.id, key, upload.file, blob, PARTS, kept=LEASE)
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=9))
        larger, anyhow = blob_of(upload, size=11), replace(upload.file, precondition=NO_PRECONDITION)
        with pytest.raises(QuotaExceededError):
            await commit(upload.id, key, anyhow, larger, PARTS, kept=LEASE)
        await catalog.files.delete_file(ROOT, before.id, NO_PRECONDITION)
        await catalog.buckets.put_bucket("default", Policy())
        assert (await commit(upload.id, key, upload.file, blob, PARTS, kept=LEASE)).created

    async def test_an_upload_that_is_aborted_meanwhile_becomes_no_file(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        key = await claimed(catalog, upload, await put(catalog, upload, 1))
        await catalog.multipart_uploads.abort_upload(upload.address)
        with pytest.raises(NoSuchMultipartUploadError):
            await catalog.multipart_uploads.commit_upload(
                upload.id, key, upload.file, blob_of(upload), PARTS, kept=LEASE
            )
        assert (await usage(catalog)).files == 0
        assert upload.key in await condemned(catalog)
