"""The contract of `domain.multipart.ports.MultipartUploads`: uploads and parts, but for their completion."""

import itertools
from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.access.scopes import Scope
from domain.blobs.model import new_blob_key
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Policy
from domain.errors import LeaseLostError
from domain.files.attributes import Attributes
from domain.multipart.errors import NoSuchMultipartUploadError
from domain.multipart.model import MultipartAddress, NewMultipartUpload, NewPart, PartChecksums, UploadsAfter
from domain.quotas.model import Room
from domain.values.preconditions import Precondition
from tests.contracts.multipart.setup import begun, opened, put
from tests.contracts.setup import LEASE, CatalogPorts, claims, condemned, reserved, stored
from tests.support.factories import NewFileFactory


class TestMultipartUploads:
    async def test_an_upload_is_found_as_it_was_opened(self, catalog: CatalogPorts) -> None:
        upload = await opened(
            catalog,
            metadata={"a": [1, None, "ü"]},
            tags=("x",),
            precondition=Precondition(if_none_match=()),
            checksums=PartChecksums(algorithm="CRC32", kind="COMPOSITE"),
            attributes=Attributes(labels={"a": "b"}),
        )
        assert await catalog.multipart_uploads.get_upload(upload.address) == upload
        assert (upload.store_state, upload.part_size, upload.stored, upload.manifest) == ({"upload": "x"}, *[None] * 3)
        assert (upload.expires_at - upload.created_at).total_seconds() == LEASE
        bare = await opened(catalog)
        assert await catalog.multipart_uploads.get_upload(bare.address) == bare

    async def test_an_upload_is_bound_to_its_bucket_and_name(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, name="a")
        for bucket, name, id_ in [("other", "a", upload.id), ("default", "b", upload.id), ("default", "a", uuid4())]:
            address = MultipartAddress(bucket, name, id_)
            with pytest.raises(NoSuchMultipartUploadError):
                await catalog.multipart_uploads.get_upload(address)
            with pytest.raises(NoSuchMultipartUploadError):
                await catalog.multipart_uploads.abort_upload(address)

    async def test_only_a_staged_blob_awaits_parts(self, catalog: CatalogPorts) -> None:
        new = NewMultipartUpload(file=NewFileFactory.build(), owner="root", key=new_blob_key(), store_state={})
        with pytest.raises(LeaseLostError):
            await catalog.multipart_uploads.open_upload(new, ttl=LEASE)

    async def test_an_upload_expires_with_its_blobs_and_is_forgotten(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, ttl=0)
        assert upload.expires_at == upload.created_at
        with pytest.raises(NoSuchMultipartUploadError):
            await catalog.multipart_uploads.get_upload(upload.address)
        with pytest.raises(NoSuchMultipartUploadError):
            await begun(catalog, upload, 1, 10)
        assert await catalog.multipart_uploads.list_uploads(None, "default", limit=10) == []
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 1
        assert list(await claims(catalog)) == [upload.key]
        kept = await opened(catalog)
        assert [await catalog.multipart_uploads.forget_uploads(limit=5) for _ in range(2)] == [1, 0]
        assert await catalog.multipart_uploads.get_upload(kept.address) == kept

    async def test_an_aborted_upload_gives_up_its_blobs(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, name="a")
        own = (await reserved(catalog)).key
        await put(catalog, upload, 1)
        await put(catalog, upload, 2, key=own)
        await catalog.multipart_uploads.abort_upload(upload.address)
        assert sorted(await condemned(catalog)) == sorted([upload.key, own])
        for call in (catalog.multipart_uploads.get_upload, catalog.multipart_uploads.abort_upload):
            with pytest.raises(NoSuchMultipartUploadError):
                await call(upload.address)
        with pytest.raises(NoSuchMultipartUploadError):
            await put(catalog, upload, 3)
        assert await catalog.multipart_uploads.list_parts(upload.id, limit=10) == []

    async def test_uploads_are_listed_by_name_and_then_by_age(self, catalog: CatalogPorts) -> None:
        names = ["b", "a/x", "é", "a/x", "A", "a/\uffff", "a"]
        uploads = [await opened(catalog, name=name) for name in names]
        await catalog.buckets.put_bucket("other", Policy())
        await opened(catalog, bucket="other", name="a/x")
        expected = sorted(uploads, key=lambda each: (each.file.name, each.id))

        async def listed(**options: object) -> list[object]:
            return list(await catalog.multipart_uploads.list_uploads(None, "default", **{"limit": 10, **options}))  # type: ignore[arg-type]

        assert await listed() == expected
        assert await listed(prefix="a/") == [each for each in expected if each.file.name.startswith("a/")]
        pages, after = list[object](), None
        for _ in itertools.count():
            page = await catalog.multipart_uploads.list_uploads(None, "default", after=after, limit=2)
            if not page:
                break
            pages += page
            after = UploadsAfter(page[-1].file.name, page[-1].id)
        assert pages == expected
        assert await listed(after=UploadsAfter("a/x")) == expected[4:]

    async def test_only_uploads_in_the_areas_are_listed(self, catalog: CatalogPorts) -> None:
        uploads = {name: await opened(catalog, name=name) for name in ("a/x", "b", "b/y", "c")}
        areas = [
            Scope(actions=("write",), bucket="def*", prefix="a/"),
            Scope(actions=("write",), bucket="default", prefix="b"),
        ]
        found = await catalog.multipart_uploads.list_uploads(areas, "default", limit=10)
        assert found == [uploads["a/x"], uploads["b"], uploads["b/y"]]
        assert await catalog.multipart_uploads.list_uploads([], "default", limit=10) == []


class TestParts:
    async def test_parts_come_in_any_order_and_are_listed_by_number(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        own = (await reserved(catalog)).key
        last = await put(catalog, upload, 10_000, size=0, checksum="AAAAAA==")
        first = await put(catalog, upload, 1, key=own)
        middle = await put(catalog, upload, 7)
        await begun(catalog, upload, 3, 10)
        list_ = catalog.multipart_uploads.list_parts
        assert await list_(upload.id, limit=10) == [first, middle, last]
        assert await list_(upload.id, limit=2) == [first, middle]
        assert await list_(upload.id, after=7, limit=2) == [last]
        assert (first.key, first.receipt, last.size, last.checksum) == (own, "r", 0, "AAAAAA==")

    async def test_a_place_is_given_once(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        assert await begun(catalog, upload, 1, 10) is not None
        assert await begun(catalog, upload, 1, 10) is None
        assert await begun(catalog, upload, 2, 99) is not None
        await put(catalog, upload, 2)
        assert await begun(catalog, upload, 2, 10) is None

    async def test_a_place_that_is_given_back_is_given_again(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        await begun(catalog, upload, 1, 10)
        await catalog.multipart_uploads.give_up_part(upload.id, 1)
        assert await begun(catalog, upload, 1, 10) is not None
        part = await put(catalog, upload, 1)
        await catalog.multipart_uploads.give_up_part(upload.id, 1)
        assert await catalog.multipart_uploads.list_parts(upload.id, limit=10) == [part]

    async def test_equal_parts_have_places_at_multiples_of_their_size(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        assert await begun(catalog, upload, 9, 10, only_equal=True) is None
        assert await begun(catalog, upload, 1, 10, only_equal=True) == 0
        assert await begun(catalog, upload, 4, 10, only_equal=True) == 30
        assert await begun(catalog, upload, 5, 7, only_equal=True) == 40
        assert await begun(catalog, upload, 6, 11, only_equal=True) is None
        assert (await catalog.multipart_uploads.get_upload(upload.address)).part_size == 10
        empty = await opened(catalog)
        assert await begun(catalog, empty, 1, 0, only_equal=True) is None

    async def test_a_part_that_is_sent_again_replaces_the_former_one(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        await put(catalog, upload, 1)
        own, next_ = (await reserved(catalog)).key, (await reserved(catalog)).key
        await put(catalog, upload, 1, key=own)
        assert await condemned(catalog) == []
        part = await put(catalog, upload, 1, key=next_, size=5)
        assert await condemned(catalog) == [own]
        assert await catalog.multipart_uploads.list_parts(upload.id, limit=10) == [part]
        again = await put(catalog, upload, 1, md5=part.md5)
        assert sorted(await condemned(catalog)) == sorted([own, next_])
        assert again.modified_at > part.modified_at

    async def test_a_part_needs_its_own_blob_staged(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog)
        lost = await reserved(catalog)
        await catalog.blob_records.release_blobs([lost.key], at_once=True)
        with pytest.raises(LeaseLostError):
            await put(catalog, upload, 1, key=lost.key)
        assert await catalog.multipart_uploads.list_parts(upload.id, limit=10) == []

    async def test_a_part_lives_as_long_as_its_upload_which_lives_on_with_each_part(
        self, catalog: CatalogPorts
    ) -> None:
        upload = await opened(catalog, ttl=30)
        own = (await reserved(catalog)).key
        await catalog.blob_records.renew_leases([own], lease=0)
        await put(catalog, upload, 1, key=own, ttl=30)
        assert await catalog.multipart_uploads.get_upload(upload.address) == upload
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        await put(catalog, upload, 2, ttl=90)
        extended = await catalog.multipart_uploads.get_upload(upload.address)
        assert extended.expires_at - upload.expires_at >= timedelta(seconds=59)
        assert replace(extended, expires_at=upload.expires_at) == upload

    async def test_an_upload_that_nears_its_end_takes_its_parts_along(self, catalog: CatalogPorts) -> None:
        upload = await opened(catalog, ttl=LEASE)
        own = (await reserved(catalog)).key
        await put(catalog, upload, 1, key=own)
        await catalog.blob_records.renew_leases([own, upload.key], lease=0)
        await put(catalog, upload, 2, ttl=10 * LEASE)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0

    async def test_parts_reserve_room_once_for_each_number(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=100))
        upload = await opened(catalog)
        await begun(catalog, upload, 1, 40, makes_room=True)
        await begun(catalog, upload, 1, 50, makes_room=True)
        await begun(catalog, upload, 2, 50, makes_room=True)
        with pytest.raises(QuotaExceededError):
            await begun(catalog, upload, 3, 1, makes_room=True)
        other = await reserved(catalog)
        with pytest.raises(QuotaExceededError):
            await catalog.quotas.reserve_room(other.key, Room(bucket="default", name="other", size=1))
        assert await begun(catalog, upload, 3, 0, makes_room=True) is not None
        await catalog.multipart_uploads.abort_upload(upload.address)
        assert await catalog.quotas.reserve_room(other.key, Room(bucket="default", name="other", size=100)) == 100

    async def test_parts_of_a_file_that_replaces_another_need_room_for_the_difference(
        self, catalog: CatalogPorts
    ) -> None:
        await stored(catalog, name="a", size=60)
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=100))
        upload = await opened(catalog, name="a")
        for number in range(1, 6):
            await begun(catalog, upload, number, 20, makes_room=True)
        with pytest.raises(QuotaExceededError):
            await begun(catalog, upload, 6, 1, makes_room=True)

    async def test_a_part_that_has_come_takes_the_room_of_its_size(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=100))
        upload = await opened(catalog)
        await begun(catalog, upload, 1, 100, makes_room=True)
        await catalog.multipart_uploads.put_part(upload.id, NewPart(number=1, size=30, md5="0" * 32), ttl=LEASE)
        assert await begun(catalog, upload, 2, 70, makes_room=True) is not None
