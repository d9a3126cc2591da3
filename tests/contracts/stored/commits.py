"""The contract of `domain.files.ports.Files.commit_file`."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.access.callers import ROOT
from domain.blobs.model import Blob, new_blob_key
from domain.buckets.errors import FileTooLargeError, NoSuchBucketError, QuotaExceededError, TypeNotAllowedError
from domain.buckets.model import Policy, Usage
from domain.errors import FileportError, LeaseLostError, PreconditionFailedError
from domain.files.errors import NoSuchFileError
from domain.files.model import Destination, NewFile
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import (
    FUTURE,
    LEASE,
    CatalogPorts,
    changed,
    condemned,
    exists,
    expired,
    reserved,
    stored,
    usage,
)
from tests.support.factories import BlobFactory, NewFileFactory

NEW_ONLY = Precondition(if_none_match=())
ANY_EXISTING = Precondition(if_match=())

NAMES = [
    "a",
    "report (final).pdf",
    " leading and trailing ",
    "dir/sub/file.txt",
    "caf\u00e9",
    "cafe\u0301",
    "ПРИВЕТ",
    "привет",
    "日本語/ファイル",
    "🎵/\U0010ffff",
    "%2e%2e;?#&=+",
    'it\'s \\ "quoted"',
    "😀" * 256,
]

METADATA: list[dict[str, Any]] = [
    {},
    {"": "", "a": None, "b": True, "c": False, "d": [], "e": {}},
    {"nested": [{"a": [[1], [None]]}, "text"], "deep": {"er": {"est": 1}}},
    {"integers": [0, -1, 2**31, 2**53 + 1, -(2**63), 2**64, 10**40]},
    {"floats": [0.5, -1.25, 1e-7, 0.1, 123456789.125]},
    {"text": "é 日本 🎵 \\ \" ' \u2028 \u0001", "ключ": "значение", "a.b": "dot", "$1": "%s"},
]


class TestCommittingFiles:
    async def test_a_new_file_is_kept_as_it_was_asked_for(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        new = NewFile(
            bucket="default",
            name="songs/one.mp3",
            content_type="audio/mpeg; rate=1",
            metadata={"artist": "Queen"},
            tags=("rock", "a b"),
        )
        result = await catalog.files.commit_file(new, blob)
        file = result.file
        assert result.created
        assert (file.bucket, file.name, file.content_type) == (new.bucket, new.name, new.content_type)
        assert (file.metadata, file.tags) == (new.metadata, new.tags)
        assert (file.blob_key, file.size, file.sha256) == (blob.key, blob.size, blob.sha256)
        assert (file.revision, file.expires_at) == (1, None)
        assert file.created_at == file.updated_at
        assert file.created_at.utcoffset() == timedelta(0)
        assert await catalog.files.get_file(file.id) == file
        assert await catalog.files.get_file_by_name("default", "songs/one.mp3") == file

    async def test_a_file_begins_without_metadata_and_tags(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        assert (file.metadata, file.tags) == ({}, ())

    @pytest.mark.parametrize("name", NAMES)
    async def test_a_name_is_kept_exactly(self, catalog: CatalogPorts, name: str) -> None:
        file = await stored(catalog, name=name)
        assert file.name == name
        assert await catalog.files.get_file_by_name("default", name) == file

    async def test_names_that_look_alike_are_different_files(self, catalog: CatalogPorts) -> None:
        files = [await stored(catalog, name=name) for name in NAMES]
        assert len({file.id for file in files}) == len(NAMES)

    @pytest.mark.parametrize("metadata", METADATA)
    async def test_metadata_comes_back_as_it_was_given(self, catalog: CatalogPorts, metadata: dict[str, Any]) -> None:
        file = await stored(catalog, metadata=metadata)
        assert file.metadata == metadata
        assert (await catalog.files.get_file(file.id)).metadata == metadata

    async def test_numbers_and_booleans_stay_what_they_are(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, metadata={"values": [1, 1.5, True]})
        assert [type(value) for value in (await catalog.files.get_file(file.id)).metadata["values"]] == [
            int,
            float,
            bool,
        ]

    @pytest.mark.parametrize("tags", [(), ("one",), ("b", "a", "ünïcödé", "with space", '"quoted\\"', "NULL", "{}")])
    async def test_tags_come_back_in_their_order(self, catalog: CatalogPorts, tags: tuple[str, ...]) -> None:
        file = await stored(catalog, tags=tags)
        assert file.tags == tags
        assert (await catalog.files.get_file(file.id)).tags == tags

    @pytest.mark.parametrize("size", [0, 1, 2**31, 5 * 2**40])
    async def test_a_file_may_have_any_size(self, catalog: CatalogPorts, size: int) -> None:
        assert (await stored(catalog, size=size)).size == size

    # Replacing

    async def test_replacing_changes_the_bytes_and_keeps_the_file(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a", content_type="text/plain", metadata={"k": 1}, tags=("t",))
        blob = await reserved(catalog)
        result = await catalog.files.commit_file(NewFileFactory.build(name="a", content_type="image/png"), blob)
        second = result.file
        assert not result.created
        assert (second.id, second.created_at) == (first.id, first.created_at)
        assert (second.blob_key, second.size, second.sha256) == (blob.key, blob.size, blob.sha256)
        assert second.content_type == "image/png"
        assert (second.metadata, second.tags) == (first.metadata, first.tags)
        assert (second.revision, second.etag != first.etag) == (2, True)
        assert second.updated_at >= first.updated_at
        assert await catalog.files.get_file_by_name("default", "a") == second

    @pytest.mark.parametrize(("metadata", "tags"), [({}, ()), ({"new": True}, ("x", "y"))])
    async def test_replacing_takes_the_metadata_and_tags_that_are_given(
        self, catalog: CatalogPorts, metadata: dict[str, Any], tags: tuple[str, ...]
    ) -> None:
        await stored(catalog, name="a", metadata={"k": 1}, tags=("t",))
        file = await stored(catalog, name="a", metadata=metadata, tags=tags)
        assert (file.metadata, file.tags) == (metadata, tags)

    async def test_a_replaced_blob_is_condemned(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a")
        second = await stored(catalog, name="a")
        assert await condemned(catalog) == [first.blob_key]
        assert second.blob_key not in await condemned(catalog)

    async def test_a_replaced_blob_that_another_file_shares_stays(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a")
        copy = await catalog.files.copy_file(ROOT, first.id, Destination(name="b"), NO_PRECONDITION)
        await stored(catalog, name="a")
        assert await condemned(catalog) == []
        await stored(catalog, name="b")
        assert await condemned(catalog) == [copy.blob_key]

    async def test_usage_follows_the_bytes_that_are_replaced(self, catalog: CatalogPorts) -> None:
        for size in (10, 3, 3, 0, 100):
            await stored(catalog, name="a", size=size)
            assert await usage(catalog) == Usage(bytes=size, files=1)

    async def test_the_same_name_in_another_bucket_is_another_file(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        one, other = await stored(catalog, name="a"), await stored(catalog, name="a", bucket="songs")
        assert one.id != other.id
        assert await catalog.files.get_file_by_name("default", "a") == one
        assert await catalog.files.get_file_by_name("songs", "a") == other

    # Repeating

    async def test_a_commit_may_be_repeated(self, catalog: CatalogPorts) -> None:
        new, blob = NewFileFactory.build(), await reserved(catalog)
        first = await catalog.files.commit_file(new, blob)
        assert await catalog.files.commit_file(new, blob) == first
        assert await usage(catalog) == Usage(bytes=blob.size, files=1)
        assert await condemned(catalog) == []

    async def test_a_commit_that_replaced_may_be_repeated(self, catalog: CatalogPorts) -> None:
        await stored(catalog, name="a")
        new, blob = NewFileFactory.build(name="a"), await reserved(catalog)
        first = await catalog.files.commit_file(new, blob)
        assert await catalog.files.commit_file(new, blob) == first
        assert not first.created
        assert first.file.revision == 2

    async def test_a_repeated_commit_is_not_held_to_its_condition_again(self, catalog: CatalogPorts) -> None:
        new, blob = NewFileFactory.build(precondition=NEW_ONLY), await reserved(catalog)
        assert await catalog.files.commit_file(new, blob) == await catalog.files.commit_file(new, blob)

    async def test_a_commit_that_was_replaced_since_cannot_be_repeated(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        await stored(catalog, name="a", blob=blob)
        current = await stored(catalog, name="a")
        with pytest.raises(LeaseLostError):
            await stored(catalog, name="a", blob=blob)
        assert await catalog.files.get_file_by_name("default", "a") == current

    # The bucket's policy

    async def _is_refused(self, catalog: CatalogPorts, error: type[FileportError], blob: Blob, **fields: Any) -> None:
        """Check that the commit is refused, that nothing has happened, and that the blob may be committed still."""
        bucket = fields.get("bucket", "default")
        before = await catalog.buckets.get_bucket(bucket), set(await condemned(catalog))
        with pytest.raises(error):
            await stored(catalog, blob=blob, **fields)
        assert (await catalog.buckets.get_bucket(bucket), set(await condemned(catalog))) == before
        assert await self._may_be_committed(catalog, blob)

    async def _may_be_committed(self, catalog: CatalogPorts, blob: Blob) -> bool:
        return await catalog.blob_records.renew_leases([blob.key], lease=LEASE) == {blob.key}

    async def test_a_bucket_must_exist(self, catalog: CatalogPorts) -> None:
        blob = await reserved(catalog)
        with pytest.raises(NoSuchBucketError):
            await stored(catalog, blob=blob, bucket="songs")
        assert await self._may_be_committed(catalog, blob)

    async def test_only_allowed_types_are_admitted(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(allowed_types=("audio/*", "text/plain")))
        blob = await reserved(catalog)
        await self._is_refused(catalog, TypeNotAllowedError, blob, bucket="songs", content_type="image/png")
        file = await stored(catalog, blob=blob, bucket="songs", content_type="audio/mpeg; a=b")
        assert await exists(catalog, file)

    async def test_only_small_enough_files_are_admitted(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(max_file_size=10))
        blob = await reserved(catalog, size=11)
        await self._is_refused(catalog, FileTooLargeError, blob, bucket="songs")
        assert (await stored(catalog, bucket="songs", size=10)).size == 10

    async def test_a_quota_is_used_to_the_last_byte(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await stored(catalog, bucket="songs", size=9)
        await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=2), bucket="songs")
        await stored(catalog, bucket="songs", size=1)
        await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=1), bucket="songs")
        await stored(catalog, bucket="songs", size=0)
        assert await usage(catalog, "songs") == Usage(bytes=10, files=3)

    async def test_replacing_adds_only_the_difference_to_a_quota(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await stored(catalog, bucket="songs", name="a", size=8)
        await stored(catalog, bucket="songs", name="a", size=10)
        await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=11), bucket="songs", name="a")
        await stored(catalog, bucket="songs", name="a", size=7)

    async def test_a_bucket_above_a_new_quota_may_shrink_but_not_grow(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        await stored(catalog, bucket="songs", name="a", size=100)
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await stored(catalog, bucket="songs", name="a", size=90)
        await stored(catalog, bucket="songs", name="a", size=90)
        await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=91), bucket="songs", name="a")

    async def test_what_was_deleted_makes_room_in_a_quota(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        file = await stored(catalog, bucket="songs", size=10)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        await stored(catalog, bucket="songs", size=10)

    # Conditions

    async def test_a_file_that_must_be_new_replaces_none(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a", precondition=NEW_ONLY)
        await self._is_refused(
            catalog, PreconditionFailedError, await reserved(catalog), name="a", precondition=NEW_ONLY
        )
        assert await catalog.files.get_file(file.id) == file

    async def test_a_file_that_must_exist_is_not_created(self, catalog: CatalogPorts) -> None:
        for precondition in (ANY_EXISTING, Precondition(if_match=('"x"',))):
            blob = await reserved(catalog)
            await self._is_refused(catalog, PreconditionFailedError, blob, name="a", precondition=precondition)

    async def test_a_file_is_replaced_in_the_state_that_was_asked_for_only(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a")
        condition = Precondition(if_match=(first.etag,))
        second = await stored(catalog, name="a", precondition=condition)
        await self._is_refused(
            catalog, PreconditionFailedError, await reserved(catalog), name="a", precondition=condition
        )
        assert await catalog.files.get_file(first.id) == second
        assert (await stored(catalog, name="a", precondition=ANY_EXISTING)).revision == 3

    # Time to live

    async def test_a_files_time_to_live_is_its_buckets(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        file = await stored(catalog, bucket="songs", name="a")
        assert file.expires_at == file.updated_at + timedelta(seconds=60)

    async def test_a_files_time_to_live_begins_anew_with_its_bytes(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        await stored(catalog, bucket="songs", name="a")
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=3600))
        file = await stored(catalog, bucket="songs", name="a")
        assert file.expires_at == file.updated_at + timedelta(hours=1)
        await catalog.buckets.put_bucket("songs", Policy())
        assert (await stored(catalog, bucket="songs", name="a")).expires_at is None

    @pytest.mark.parametrize("expires_at", [FUTURE, None])
    async def test_an_expiry_that_was_set_stays_when_the_file_is_stored_again(
        self, catalog: CatalogPorts, expires_at: datetime | None
    ) -> None:
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        file = await stored(catalog, bucket="songs", name="a")
        await changed(catalog, file, expires_at=expires_at, keeps_expiry=True)
        for _ in range(2):
            file = await stored(catalog, bucket="songs", name="a")
            assert (file.expires_at, file.keeps_expiry) == (expires_at, True)
        assert await catalog.files.get_file(file.id) == file
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        file = await stored(catalog, bucket="songs", name="a")
        assert file.expires_at == file.created_at + timedelta(seconds=60)

    # Expired files

    async def test_an_expired_file_is_not_replaced_but_gone(self, catalog: CatalogPorts) -> None:
        old = await expired(catalog, name="a", size=5, metadata={"old": True}, tags=("old",))
        blob = await reserved(catalog, size=3)
        result = await catalog.files.commit_file(NewFileFactory.build(name="a", precondition=NEW_ONLY), blob)
        assert result.created
        assert result.file.id != old.id
        assert (result.file.revision, result.file.metadata, result.file.tags) == (1, {}, ())
        assert await usage(catalog) == Usage(bytes=3, files=1)
        assert await condemned(catalog) == [old.blob_key]

    async def test_an_expired_file_matches_no_condition(self, catalog: CatalogPorts) -> None:
        old = await expired(catalog, name="a")
        for precondition in (ANY_EXISTING, Precondition(if_match=(old.etag,))):
            blob = await reserved(catalog)
            await self._is_refused(catalog, PreconditionFailedError, blob, name="a", precondition=precondition)

    async def test_an_expired_file_leaves_its_room_to_the_one_that_takes_its_name(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await expired(catalog, bucket="songs", name="a", size=10)
        await stored(catalog, bucket="songs", name="a", size=10)
        assert await usage(catalog, "songs") == Usage(bytes=10, files=1)

    async def test_expired_files_take_none_of_a_quota(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await expired(catalog, bucket="songs", size=6)
        await expired(catalog, bucket="songs", size=4)
        await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=11), bucket="songs")
        await stored(catalog, bucket="songs", name="a", size=7)
        for _ in range(2):
            await self._is_refused(catalog, QuotaExceededError, await reserved(catalog, size=4), bucket="songs")
            await self._is_refused(
                catalog, QuotaExceededError, await reserved(catalog, size=11), bucket="songs", name="a"
            )
            await catalog.files.expire_files(limit=10)
        await stored(catalog, bucket="songs", name="a", size=10)
        assert await usage(catalog, "songs") == Usage(bytes=10, files=1)


class TestLeases:
    async def test_a_blob_that_was_never_reserved_makes_no_file(self, catalog: CatalogPorts) -> None:
        await self._is_lost(catalog, BlobFactory.build())

    async def test_a_blob_that_was_given_up_makes_no_file(self, catalog: CatalogPorts) -> None:
        released, lapsed = await reserved(catalog), BlobFactory.build()
        await catalog.blob_records.release_blobs([released.key], at_once=False)
        await catalog.blob_records.reserve_blobs([lapsed.key], lease=0)
        await catalog.blob_records.condemn_lapsed(limit=10)
        await self._is_lost(catalog, released)
        await self._is_lost(catalog, lapsed)

    async def _is_lost(self, catalog: CatalogPorts, blob: Blob) -> None:
        with pytest.raises(LeaseLostError):
            await stored(catalog, blob=blob, name="lost")
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("default", "lost")

    async def test_a_lease_that_ended_does_no_harm_until_the_blob_is_condemned(self, catalog: CatalogPorts) -> None:
        blob = BlobFactory.build(key=new_blob_key())
        await catalog.blob_records.reserve_blobs([blob.key], lease=0)
        file = await stored(catalog, blob=blob)
        assert await catalog.blob_records.condemn_lapsed(limit=10) == 0
        assert await exists(catalog, file)
