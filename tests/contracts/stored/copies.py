"""The contract of `domain.files.ports.Files.copy_file`."""

from datetime import timedelta
from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.buckets.errors import NoSuchBucketError, QuotaExceededError, TypeNotAllowedError
from domain.buckets.model import Policy, Usage
from domain.errors import PreconditionFailedError
from domain.files.errors import NameTakenError, NoSuchFileError
from domain.files.model import Destination
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import (
    FUTURE,
    CatalogPorts,
    changed,
    claims,
    exists,
    expired,
    expiring,
    stored,
    usage,
)
from tests.contracts.stored.files import POLICIES_AGAINST


class TestCopyingFiles:
    async def test_a_copy_is_another_file_with_the_same_bytes(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, name="a", size=7, metadata={"k": [1]}, tags=("t",), content_type="text/css")
        original = await changed(catalog, original, expires_at=FUTURE)
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        assert copy.id != original.id
        assert copy == replace(
            original,
            id=copy.id,
            name="b",
            revision=1,
            created_at=copy.created_at,
            updated_at=copy.created_at,
            expires_at=None,
        )
        assert await catalog.files.get_file(copy.id) == copy
        assert await catalog.files.get_file(original.id) == original
        assert await usage(catalog) == Usage(bytes=14, files=2)

    async def test_a_type_that_the_name_told_follows_the_copys_name(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog, name="a.txt", content_type="text/plain")
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(name="a.md"), NO_PRECONDITION)
        assert copy.content_type == "text/markdown"
        await catalog.buckets.put_bucket("texts", Policy(allowed_types=("text/*",)))
        with pytest.raises(TypeNotAllowedError):
            await catalog.files.copy_file(ROOT, original.id, Destination(bucket="texts", name="a.png"), NO_PRECONDITION)

    async def test_a_copy_may_keep_its_name_in_another_bucket(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        original = await stored(catalog, size=7)
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(bucket="songs"), NO_PRECONDITION)
        assert (copy.bucket, copy.name) == ("songs", original.name)
        assert copy.expires_at == copy.created_at + timedelta(seconds=60)
        assert await usage(catalog, "songs") == Usage(bytes=7, files=1)

    async def test_shared_bytes_go_with_the_last_file_that_has_them(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog)
        async with expiring(catalog):
            await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        await catalog.files.copy_file(ROOT, original.id, Destination(name="c"), NO_PRECONDITION)
        last = await catalog.files.copy_file(ROOT, original.id, Destination(name="d"), NO_PRECONDITION)
        await catalog.files.delete_file(ROOT, original.id, NO_PRECONDITION)
        await stored(catalog, name="c")
        assert await catalog.files.expire_files(limit=10) == 1
        assert await claims(catalog) == {}
        await catalog.files.delete_file(ROOT, last.id, NO_PRECONDITION)
        assert list(await claims(catalog)) == [original.blob_key]

    async def test_a_copy_is_made_in_the_room_of_expired_ones(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        await expired(catalog, bucket="songs", size=9)
        original = await stored(catalog, bucket="songs", size=5)
        await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        assert await usage(catalog, "songs") == Usage(bytes=10, files=2)
        with pytest.raises(QuotaExceededError):
            await catalog.files.copy_file(ROOT, original.id, Destination(name="c"), NO_PRECONDITION)

    async def test_a_copy_has_the_time_to_live_of_its_bucket(self, catalog: CatalogPorts) -> None:
        original = await changed(catalog, await stored(catalog, name="a"), expires_at=FUTURE, keeps_expiry=True)
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        assert (copy.expires_at, copy.keeps_expiry) == (None, False)

    async def test_a_copy_of_a_copy_shares_the_same_bytes(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog)
        copy = await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        second = await catalog.files.copy_file(ROOT, copy.id, Destination(name="c"), NO_PRECONDITION)
        for file in (original, copy):
            await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        assert await claims(catalog) == {}
        assert await catalog.files.get_file(second.id) == second

    @pytest.mark.parametrize("to", [Destination(), Destination(name="b"), Destination(bucket="default", name="b")])
    async def test_a_copy_takes_no_name_from_another_file(self, catalog: CatalogPorts, to: Destination) -> None:
        original = await stored(catalog, name="a", size=7)
        await stored(catalog, name="b", size=1)
        with pytest.raises(NameTakenError):
            await catalog.files.copy_file(ROOT, original.id, to, NO_PRECONDITION)
        assert await usage(catalog) == Usage(bytes=8, files=2)
        await catalog.files.delete_file(ROOT, original.id, NO_PRECONDITION)
        assert list(await claims(catalog)) == [original.blob_key]

    async def test_a_copy_takes_the_name_of_an_expired_file(self, catalog: CatalogPorts) -> None:
        original, old = await stored(catalog, name="a", size=7), await expired(catalog, name="b", size=1)
        await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), NO_PRECONDITION)
        assert await usage(catalog) == Usage(bytes=14, files=2)
        assert list(await claims(catalog)) == [old.blob_key]

    async def test_only_a_file_that_is_there_is_copied(self, catalog: CatalogPorts) -> None:
        for id_ in (uuid4(), (await expired(catalog)).id):
            with pytest.raises(NoSuchFileError):
                await catalog.files.copy_file(ROOT, id_, Destination(name="b"), NO_PRECONDITION)

    async def test_a_file_is_copied_only_to_a_bucket_that_exists(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog)
        with pytest.raises(NoSuchBucketError):
            await catalog.files.copy_file(ROOT, original.id, Destination(bucket="songs"), NO_PRECONDITION)

    @pytest.mark.parametrize(("policy", "error"), POLICIES_AGAINST)
    async def test_a_file_is_copied_only_to_a_bucket_that_admits_it(
        self, catalog: CatalogPorts, policy: Policy, error: type[Exception]
    ) -> None:
        await catalog.buckets.put_bucket("songs", policy)
        original = await stored(catalog, size=10)
        with pytest.raises(error):
            await catalog.files.copy_file(ROOT, original.id, Destination(bucket="songs"), NO_PRECONDITION)
        assert await usage(catalog, "songs") == Usage()
        await catalog.files.delete_file(ROOT, original.id, NO_PRECONDITION)
        assert list(await claims(catalog)) == [original.blob_key]

    async def test_a_copy_that_neither_fits_nor_has_a_free_name_does_not_fit(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        original, taken = await stored(catalog, size=10), await stored(catalog, bucket="songs", name="a", size=1)
        with pytest.raises(QuotaExceededError):
            await catalog.files.copy_file(ROOT, original.id, Destination(bucket="songs", name="a"), NO_PRECONDITION)
        with pytest.raises(QuotaExceededError):
            await catalog.files.change_file(replace(original, bucket="songs", name="a"))
        assert await exists(catalog, taken)

    async def test_an_expired_file_makes_no_way_for_a_copy_that_does_not_fit(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=10))
        original = await stored(catalog, size=11)
        await expired(catalog, bucket="songs", name="a", size=5)
        with pytest.raises(QuotaExceededError):
            await catalog.files.copy_file(ROOT, original.id, Destination(bucket="songs", name="a"), NO_PRECONDITION)
        assert await claims(catalog) == {}
        assert await catalog.files.expire_files(limit=10) == 1

    async def test_the_original_must_be_in_the_state_that_was_asked_for(self, catalog: CatalogPorts) -> None:
        original = await stored(catalog)
        with pytest.raises(PreconditionFailedError):
            await catalog.files.copy_file(ROOT, original.id, Destination(name="b"), Precondition(if_match=('"x"',)))
        copy = await catalog.files.copy_file(
            ROOT, original.id, Destination(name="b"), Precondition(if_match=(original.etag,))
        )
        assert await exists(catalog, copy)
