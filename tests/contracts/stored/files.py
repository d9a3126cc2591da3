"""The contract of `domain.files.ports.Files`, but for commits."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.buckets.errors import FileTooLargeError, NoSuchBucketError, QuotaExceededError, TypeNotAllowedError
from domain.buckets.model import Policy, Usage
from domain.errors import PreconditionFailedError
from domain.files.errors import InvalidExpiryError, NameTakenError, NoSuchFileError
from domain.files.model import Destination, Location
from domain.values.preconditions import NO_PRECONDITION, Precondition, last_modified
from tests.contracts.setup import (
    FUTURE,
    PAST,
    CatalogPorts,
    changed,
    claims,
    exists,
    expired,
    expiring,
    stored,
    usage,
)

POLICIES_AGAINST = [
    (Policy(allowed_types=("image/*",)), TypeNotAllowedError),
    (Policy(max_file_size=9), FileTooLargeError),
    (Policy(quota_bytes=9), QuotaExceededError),
]


class TestFindingFiles:
    async def test_a_file_that_is_not_there_says_so(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file(uuid4())
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("default", "a")
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("songs", "a")

    async def test_an_expired_file_is_not_found(self, catalog: CatalogPorts) -> None:
        file = await expired(catalog, name="a")
        assert not await exists(catalog, file)
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("default", "a")

    async def test_a_file_that_will_expire_is_found_until_then(self, catalog: CatalogPorts) -> None:
        file = await changed(catalog, await stored(catalog), expires_at=FUTURE)
        assert file.expires_at == FUTURE
        assert await catalog.files.get_file(file.id) == file

    async def test_a_file_is_found_with_the_policy_of_its_bucket(self, catalog: CatalogPorts) -> None:
        policy = Policy(
            allowed_types=("text/*",), quota_bytes=10**6, default_ttl=60, public=True, cache_control="max-age=5"
        )
        await catalog.buckets.put_bucket("songs", policy)
        file = await stored(catalog, bucket="songs", name="a", metadata={"k": [1]}, tags=("t",))
        assert await catalog.files.get_file_with_policy(file.id) == (file, policy)
        assert await catalog.files.get_file_with_policy(Location("songs", "a")) == (file, policy)

    async def test_a_file_in_a_bucket_that_is_not_public_is_missing_where_that_is_asked(
        self, catalog: CatalogPorts
    ) -> None:
        file = await stored(catalog, name="a")
        policy = Policy(public=True)
        for address in (file.id, Location("default", "a")):
            with pytest.raises(NoSuchFileError):
                await catalog.files.get_file_with_policy(address, only_public=True)
        await catalog.buckets.put_bucket("default", policy)
        for address in (file.id, Location("default", "a")):
            assert await catalog.files.get_file_with_policy(address, only_public=True) == (file, policy)
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_with_policy(Location("default", "b"), only_public=True)

    async def test_a_file_that_is_not_there_has_no_policy(self, catalog: CatalogPorts) -> None:
        gone = await expired(catalog, name="a")
        for address in (uuid4(), gone.id, Location("default", "a"), Location("default", "b"), Location("songs", "a")):
            with pytest.raises(NoSuchFileError):
                await catalog.files.get_file_with_policy(address)


class TestChangingFiles:
    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "новое/имя"},
            {"content_type": "image/png"},
            {"metadata": {"a": [1, {"b": None}]}},
            {"metadata": {}},
            {"tags": ("x", "y")},
            {"tags": ()},
            {"expires_at": FUTURE + timedelta(microseconds=1)},
            {"expires_at": None},
            {"expires_at": FUTURE, "keeps_expiry": True},
            {},
        ],
    )
    async def test_a_change_is_the_next_revision_of_the_same_file(
        self, catalog: CatalogPorts, changes: dict[str, Any]
    ) -> None:
        before = await stored(catalog, metadata={"k": 1}, tags=("t",))
        after = await catalog.files.change_file(replace(before, **changes))
        assert after is not None
        assert after.updated_at >= before.updated_at
        assert after == replace(before, **changes, revision=2, updated_at=after.updated_at)
        assert await catalog.files.get_file(before.id) == after
        assert await catalog.files.get_file_by_name("default", after.name) == after

    async def test_a_change_writes_nothing_but_what_a_change_may(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, size=5)
        after = await changed(catalog, file, size=6, sha256="0" * 64, blob_key="other", created_at=PAST)
        assert (after.size, after.sha256, after.blob_key) == (file.size, file.sha256, file.blob_key)
        assert after.created_at == file.created_at

    async def test_a_change_of_an_earlier_revision_is_not_made(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a")
        second = await changed(catalog, first, tags=("second",))
        assert await catalog.files.change_file(replace(first, tags=("lost",))) is None
        assert await catalog.files.get_file(first.id) == second
        third = await stored(catalog, name="a")
        assert await catalog.files.change_file(replace(second, tags=("lost",))) is None
        assert await catalog.files.get_file(first.id) == third

    async def test_a_file_that_is_gone_cannot_be_changed(self, catalog: CatalogPorts) -> None:
        deleted = await stored(catalog)
        await catalog.files.delete_file(ROOT, deleted.id, NO_PRECONDITION)
        for file in (deleted, replace(deleted, id=uuid4()), await expired(catalog)):
            assert await catalog.files.change_file(replace(file, tags=("x",))) is None

    async def test_a_name_that_is_taken_stays_with_its_file(self, catalog: CatalogPorts) -> None:
        one, other = await stored(catalog, name="a"), await stored(catalog, name="b")
        with pytest.raises(NameTakenError):
            await catalog.files.change_file(replace(one, name="b"))
        assert await catalog.files.get_file(one.id) == one
        assert await catalog.files.get_file(other.id) == other

    async def test_a_name_is_free_again_once_its_file_is_renamed_or_deleted(self, catalog: CatalogPorts) -> None:
        one, other = await stored(catalog, name="a"), await stored(catalog, name="b")
        one = await changed(catalog, one, name="c")
        other = await changed(catalog, other, name="a")
        await catalog.files.delete_file(ROOT, one.id, NO_PRECONDITION)
        await changed(catalog, other, name="c")

    async def test_an_expired_file_does_not_keep_its_name(self, catalog: CatalogPorts) -> None:
        old, file = await expired(catalog, name="a", size=5), await stored(catalog, name="b", size=3)
        await changed(catalog, file, name="a")
        assert list(await claims(catalog)) == [old.blob_key]
        assert await usage(catalog) == Usage(bytes=3, files=1)

    async def test_a_new_expiry_must_be_in_the_catalogs_future(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog, name="a")
        await stored(catalog, name="b")
        for expires_at in (PAST, file.updated_at):
            with pytest.raises(InvalidExpiryError):
                await catalog.files.change_file(replace(file, name="b", expires_at=expires_at))
        assert await catalog.files.get_file(file.id) == file

    async def test_a_new_type_must_be_allowed(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(allowed_types=("text/*",)))
        file = await stored(catalog, bucket="songs")
        with pytest.raises(TypeNotAllowedError):
            await catalog.files.change_file(replace(file, content_type="image/png"))
        assert await catalog.files.get_file(file.id) == file
        await changed(catalog, file, content_type="text/html")

    async def test_a_policy_does_not_reach_back_to_what_is_there(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, bucket="songs", size=10)
        await catalog.buckets.put_bucket("songs", Policy(max_file_size=1, quota_bytes=1, allowed_types=("image/*",)))
        file = await changed(catalog, file, name="b", tags=("x",))
        await changed(catalog, file, content_type="image/png")


class TestMovingFiles:
    async def test_a_move_takes_the_bytes_from_one_usage_to_the_other(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, name="a", size=7)
        moved = await changed(catalog, file, bucket="songs", name="b")
        assert (moved.bucket, moved.name, moved.blob_key) == ("songs", "b", file.blob_key)
        assert await catalog.files.get_file_by_name("songs", "b") == moved
        assert (await usage(catalog), await usage(catalog, "songs")) == (Usage(), Usage(bytes=7, files=1))
        assert await claims(catalog) == {}

    async def test_a_file_moves_only_to_a_bucket_that_exists(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        with pytest.raises(NoSuchBucketError):
            await catalog.files.change_file(replace(file, bucket="songs"))
        assert await catalog.files.get_file(file.id) == file

    async def test_a_file_moves_only_to_a_name_that_is_free(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, name="a", size=7)
        await stored(catalog, bucket="songs", name="a", size=1)
        with pytest.raises(NameTakenError):
            await catalog.files.change_file(replace(file, bucket="songs"))
        assert (await usage(catalog), await usage(catalog, "songs")) == (
            Usage(bytes=7, files=1),
            Usage(bytes=1, files=1),
        )

    @pytest.mark.parametrize(("policy", "error"), POLICIES_AGAINST)
    async def test_a_file_moves_only_to_a_bucket_that_admits_it(
        self, catalog: CatalogPorts, policy: Policy, error: type[Exception]
    ) -> None:
        await catalog.buckets.put_bucket("songs", policy)
        file = await stored(catalog, size=10)
        with pytest.raises(error):
            await catalog.files.change_file(replace(file, bucket="songs"))
        assert await catalog.files.get_file(file.id) == file
        assert await usage(catalog, "songs") == Usage()

    async def test_a_file_moves_into_the_room_of_expired_ones(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await expired(catalog, bucket="songs", size=9)
        file = await stored(catalog, size=10)
        await changed(catalog, file, bucket="songs")
        assert await usage(catalog, "songs") == Usage(bytes=10, files=1)
        more = await stored(catalog, size=1)
        with pytest.raises(QuotaExceededError):
            await catalog.files.change_file(replace(more, bucket="songs"))

    async def test_a_file_keeps_its_expiry_when_it_moves(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        moved = await changed(catalog, await stored(catalog), bucket="songs")
        assert moved.expires_at is None


class TestDeletingFiles:
    async def test_a_deleted_file_is_gone_and_its_bytes_are_condemned(self, catalog: CatalogPorts) -> None:
        file, other = await stored(catalog, name="a", size=7), await stored(catalog, size=1)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert not await exists(catalog, file)
        with pytest.raises(NoSuchFileError):
            await catalog.files.get_file_by_name("default", "a")
        assert list(await claims(catalog)) == [file.blob_key]
        assert await usage(catalog) == Usage(bytes=1, files=1)
        assert await exists(catalog, other)

    async def test_a_file_is_deleted_once(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        for id_ in (file.id, uuid4(), (await expired(catalog)).id):
            with pytest.raises(NoSuchFileError):
                await catalog.files.delete_file(ROOT, id_, NO_PRECONDITION)

    async def test_a_file_is_deleted_in_the_state_that_was_asked_for_only(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog)
        second = await changed(catalog, first, tags=("x",))
        with pytest.raises(PreconditionFailedError):
            await catalog.files.delete_file(ROOT, first.id, Precondition(if_match=(first.etag,)))
        assert await exists(catalog, first)
        await catalog.files.delete_file(ROOT, first.id, Precondition(if_match=(second.etag,)))

    async def test_a_file_is_deleted_if_it_has_not_changed_since_then(self, catalog: CatalogPorts) -> None:
        file = await stored(catalog)
        with pytest.raises(PreconditionFailedError):
            await catalog.files.delete_file(
                ROOT, file.id, Precondition(if_unmodified_since=last_modified(file) - timedelta(seconds=1))
            )
        await catalog.files.delete_file(ROOT, file.id, Precondition(if_unmodified_since=last_modified(file)))

    async def test_a_name_can_be_used_again_after_a_deletion(self, catalog: CatalogPorts) -> None:
        first = await stored(catalog, name="a", metadata={"k": 1})
        await catalog.files.delete_file(ROOT, first.id, NO_PRECONDITION)
        second = await stored(catalog, name="a")
        assert second.id != first.id
        assert (second.revision, second.metadata) == (1, {})

    async def test_expired_files_are_deleted_a_few_at_a_time(self, catalog: CatalogPorts) -> None:
        files = [await expired(catalog, size=3) for _ in range(5)]
        kept = [await stored(catalog, size=1), await changed(catalog, await stored(catalog, size=1), expires_at=FUTURE)]
        assert [await catalog.files.expire_files(limit=2) for _ in range(4)] == [2, 2, 1, 0]
        assert await usage(catalog) == Usage(bytes=2, files=2)
        assert set(await claims(catalog)) == {file.blob_key for file in files}
        assert [await exists(catalog, file) for file in kept] == [True, True]

    async def test_files_that_share_bytes_may_expire_together(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, size=3)
        async with expiring(catalog):
            for name in "abc":
                await catalog.files.copy_file(ROOT, original.id, Destination(name=name), NO_PRECONDITION)
        assert await catalog.files.expire_files(limit=2) == 2
        await catalog.files.delete_file(ROOT, original.id, NO_PRECONDITION)
        assert await claims(catalog) == {}
        assert await catalog.files.expire_files(limit=10) == 1
        assert list(await claims(catalog)) == [original.blob_key]
        assert await usage(catalog) == Usage()
