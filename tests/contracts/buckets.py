"""The contract of `domain.buckets.ports.Buckets`."""

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.buckets.cors import CorsRule
from domain.buckets.errors import BucketNotEmptyError, NoSuchBucketError
from domain.buckets.model import MAX_BYTES, MAX_FILE_BYTES, MAX_SECONDS, BucketChange, Policy, Usage
from domain.errors import PreconditionFailedError
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import CatalogPorts, claims, expired, stored, usage
from tests.support.factories import PolicyFactory


class TestBuckets:
    async def test_the_default_bucket_is_there_from_the_start(self, catalog: CatalogPorts) -> None:
        bucket = await catalog.buckets.get_bucket("default")
        assert (bucket.name, bucket.policy, bucket.usage) == ("default", Policy(), Usage())

    async def test_a_new_bucket_is_returned_as_it_is_kept(self, catalog: CatalogPorts) -> None:
        bucket, created = await catalog.buckets.put_bucket("songs", PolicyFactory.build(quota_bytes=5))
        assert created
        assert (bucket.name, bucket.policy, bucket.usage) == ("songs", Policy(quota_bytes=5), Usage())
        assert await catalog.buckets.get_bucket("songs") == bucket

    async def test_an_existing_bucket_gets_the_new_policy_and_stays_what_it_was(self, catalog: CatalogPorts) -> None:
        before, _ = await catalog.buckets.put_bucket("songs", PolicyFactory.build(quota_bytes=500))
        await stored(catalog, bucket="songs", size=7)
        bucket, created = await catalog.buckets.put_bucket("songs", PolicyFactory.build(public=True))
        assert not created
        assert bucket.policy == Policy(public=True)
        assert bucket.created_at == before.created_at
        assert bucket.usage == Usage(bytes=7, files=1)
        assert await catalog.buckets.get_bucket("songs") == bucket

    async def test_putting_the_same_policy_again_changes_nothing(self, catalog: CatalogPorts) -> None:
        bucket, _ = await catalog.buckets.put_bucket("songs", Policy(default_ttl=60))
        assert await catalog.buckets.put_bucket("songs", Policy(default_ttl=60)) == (bucket, False)

    async def test_conditions_tell_a_new_bucket_from_an_old_one(self, catalog: CatalogPorts) -> None:
        is_new, exists = Precondition(if_none_match=()), Precondition(if_match=())
        policy, other = Policy(default_ttl=60), Policy(default_ttl=90)
        with pytest.raises(PreconditionFailedError):
            await catalog.buckets.put_bucket("songs", policy, precondition=exists)
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.delete_bucket("songs", exists)
        assert (await catalog.buckets.put_bucket("songs", policy, precondition=is_new))[1]
        for refused in (is_new, Precondition(if_match=('"x"',))):
            with pytest.raises(PreconditionFailedError):
                await catalog.buckets.put_bucket("songs", other, precondition=refused)
            with pytest.raises(PreconditionFailedError):
                await catalog.buckets.delete_bucket("songs", refused)
        assert (await catalog.buckets.get_bucket("songs")).policy == policy
        assert (await catalog.buckets.put_bucket("songs", other, precondition=exists))[0].policy == other
        await catalog.buckets.delete_bucket("songs", exists)

    @pytest.mark.parametrize(
        "policy",
        [
            Policy(),
            Policy(max_file_size=0, allowed_types=(), quota_bytes=0, default_ttl=1),
            Policy(
                max_file_size=MAX_FILE_BYTES,
                allowed_types=("image/*", "text/plain", "*/*"),
                quota_bytes=MAX_BYTES,
                default_ttl=MAX_SECONDS,
                public=True,
                public_listing=True,
                cors=(
                    CorsRule(allowed_origins=("*",), allowed_methods=("GET",)),
                    CorsRule(
                        allowed_origins=("https://app.example", "https://*.app.example:8443"),
                        allowed_methods=("GET", "HEAD", "PUT", "POST", "DELETE"),
                        allowed_headers=("x-*", "range"),
                        exposed_headers=("etag",),
                        max_age=0,
                        id="the app's",
                    ),
                ),
                cache_control='public, max-age="60"',
            ),
        ],
    )
    async def test_every_field_of_a_policy_is_kept(self, catalog: CatalogPorts, policy: Policy) -> None:
        await catalog.buckets.put_bucket("songs", policy)
        assert (await catalog.buckets.get_bucket("songs")).policy == policy
        await catalog.buckets.put_bucket("songs", Policy())
        await catalog.buckets.put_bucket("songs", policy)
        assert (await catalog.buckets.get_bucket("songs")).policy == policy

    async def test_a_policy_is_found_by_itself(self, catalog: CatalogPorts) -> None:
        policy = Policy(allowed_types=("image/*",), quota_bytes=5, cache_control="no-cache")
        await catalog.buckets.put_bucket("songs", policy)
        assert await catalog.buckets.get_policy("songs") == policy
        assert await catalog.buckets.get_policy("default") == Policy()

    async def test_a_bucket_that_is_not_there_says_so(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.get_bucket("songs")
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.get_policy("songs")
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.delete_bucket("songs")

    async def test_buckets_are_listed_by_code_point_in_pages(self, catalog: CatalogPorts) -> None:
        for name in ("b.c", "b-c", "b_c", "bc", "a", "0"):
            await catalog.buckets.put_bucket(name, Policy())
        names = ["0", "a", "b-c", "b.c", "b_c", "bc", "default"]
        assert [bucket.name for bucket in await catalog.buckets.list_buckets(["*"], after=None, limit=100)] == names
        assert [bucket.name for bucket in await catalog.buckets.list_buckets(["*"], after=None, limit=2)] == names[:2]
        assert [bucket.name for bucket in await catalog.buckets.list_buckets(["*"], after="b.c", limit=2)] == names[4:6]
        assert [bucket.name for bucket in await catalog.buckets.list_buckets(["*"], after="b.", limit=1)] == ["b.c"]
        assert await catalog.buckets.list_buckets(["*"], after="default", limit=10) == []

    async def test_buckets_are_listed_by_the_beginning_of_their_names(self, catalog: CatalogPorts) -> None:
        for name in ("a_b", "a_b-c", "a.b", "axb", "b"):
            await catalog.buckets.put_bucket(name, Policy())

        async def names(prefix: str, after: str | None = None, limit: int = 10) -> list[str]:
            found = await catalog.buckets.list_buckets(["*"], after=after, limit=limit, prefix=prefix)
            return [bucket.name for bucket in found]

        assert await names("a_") == ["a_b", "a_b-c"]
        assert await names("a_", limit=1) == ["a_b"]
        assert await names("a_", after="a_b") == ["a_b-c"]
        assert await names("a", after="b") == []
        assert await names("ä%") == []

    async def test_a_part_of_a_bucket_is_replaced_and_the_rest_stays(self, catalog: CatalogPorts) -> None:
        before, _ = await catalog.buckets.put_bucket("songs", PolicyFactory.build(quota_bytes=500, public=True))
        assert before.labels == {}
        rules = (CorsRule(allowed_origins=("*",), allowed_methods=("GET",), id="any"),)
        labels = {"team": "a", "empty": "", "größe": "ü"}
        await catalog.buckets.change_bucket("songs", BucketChange(labels=labels))
        await catalog.buckets.change_bucket("songs", BucketChange(cors=rules))
        bucket = await catalog.buckets.get_bucket("songs")
        assert bucket == replace(before, labels=labels, policy=replace(before.policy, cors=rules))
        assert await catalog.buckets.list_buckets(["songs"], after=None, limit=2) == [bucket]
        replaced, _ = await catalog.buckets.put_bucket("songs", Policy())
        assert (replaced.policy, replaced.labels) == (Policy(), labels)
        await catalog.buckets.change_bucket("songs", BucketChange(labels={}, cors=()))
        assert await catalog.buckets.get_bucket("songs") == replace(replaced, labels={})
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.change_bucket("missing", BucketChange(labels=labels))

    async def test_listed_buckets_have_their_policy_and_usage(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(public=True))
        await stored(catalog, bucket="songs", size=3)
        await stored(catalog, size=4)
        default, songs = await catalog.buckets.list_buckets(["*"], after=None, limit=10)
        assert (default.usage, songs.usage) == (Usage(bytes=4, files=1), Usage(bytes=3, files=1))
        assert songs.policy == Policy(public=True)

    async def test_an_empty_bucket_can_be_deleted_and_made_again(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, bucket="songs", size=9)
        await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        await catalog.buckets.delete_bucket("songs")
        with pytest.raises(NoSuchBucketError):
            await catalog.buckets.get_bucket("songs")
        bucket, created = await catalog.buckets.put_bucket("songs", Policy())
        assert created
        assert bucket.usage == Usage()

    async def test_a_bucket_that_holds_files_is_not_deleted(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await stored(catalog, bucket="songs")
        with pytest.raises(BucketNotEmptyError):
            await catalog.buckets.delete_bucket("songs")
        assert await catalog.files.get_file(file.id) == file

    async def test_expired_files_do_not_keep_a_bucket(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        file = await expired(catalog, bucket="songs")
        await catalog.buckets.delete_bucket("songs")
        assert list(await claims(catalog)) == [file.blob_key]
        assert (await catalog.buckets.put_bucket("songs", Policy()))[0].usage == Usage()

    async def test_usage_is_the_sum_of_a_buckets_files(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        sizes = [0, 1, 10, 2**40]
        for size in sizes:
            await stored(catalog, bucket="songs", size=size)
        assert await usage(catalog, "songs") == Usage(bytes=sum(sizes), files=len(sizes))
        assert await usage(catalog) == Usage()

    async def test_usage_is_without_expired_files(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        await expired(catalog, bucket="songs", size=10)
        await stored(catalog, bucket="songs", size=3)
        await expired(catalog, size=5)
        for _ in range(2):
            assert await usage(catalog, "songs") == Usage(bytes=3, files=1)
            default, songs = await catalog.buckets.list_buckets(["*"], after=None, limit=10)
            assert (default.usage, songs.usage) == (Usage(), Usage(bytes=3, files=1))
            assert await catalog.integrity.find_miscounted_usage() == []
            await catalog.files.expire_files(limit=10)

    async def test_the_catalog_answers(self, catalog: CatalogPorts) -> None:
        await catalog.health.check()
