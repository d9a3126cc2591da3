"""Multipart uploads are for callers that may store their objects, whoever has begun them."""

from collections.abc import Awaitable, Callable

import pytest

from domain.access.scopes import Scope
from domain.buckets.model import Policy
from tests.support.fake_service import Service
from tests.support.s3 import S3Client
from tests.unit.s3.multipart.uploads import Upload

Scoped = Callable[..., Awaitable[S3Client]]

WRITER = Scope(actions=("write",), bucket="default", prefix="mine/")
READER = Scope(actions=("read", "list", "delete"), bucket="default")


async def test_whoever_may_store_the_object_goes_on_with_its_upload(s3: S3Client, scoped: Scoped) -> None:
    upload = await Upload.begin(s3, "/default/mine/a")
    other = Upload(await scoped(WRITER), upload.path, upload.id)
    part = await other.add(1, b"x")
    assert (await other.parts()).texts("Part/ETag") == [part[1]]
    assert (await other.complete(part)).status == 200
    assert await upload.content() == b"x"


@pytest.mark.parametrize("scope", [WRITER, READER])
async def test_without_the_right_to_store_it_every_call_is_refused(
    s3: S3Client, scoped: Scoped, service: Service, scope: Scope
) -> None:
    upload = await Upload.begin(s3, "/default/theirs")
    part = await upload.add(1, b"x")
    await s3.send("PUT", "/default/mine/source", body=b"y")
    other = await scoped(scope)
    before = len(service.catalog.database.blobs)
    stranger = Upload(other, upload.path, upload.id)
    for answer in [
        await other.send("POST", upload.path, "uploads="),
        await stranger.put(1, b"y"),
        await stranger.copy(1, "default/mine/source"),
        await stranger.parts(),
        await stranger.complete(part),
        await stranger.abort(),
    ]:
        assert answer.status == 403, answer.body
        assert answer.code == "AccessDenied"
    assert len(service.catalog.database.blobs) == before
    assert (await upload.parts()).texts("Part/ETag") == [part[1]]


async def test_in_a_bucket_that_is_hidden_there_is_no_bucket(s3: S3Client, scoped: Scoped, service: Service) -> None:
    await service.catalog.buckets.put_bucket("hidden", Policy())
    upload = await Upload.begin(s3, "/hidden/a")
    stranger = Upload(await scoped(WRITER), upload.path, upload.id)
    assert (await stranger.put(1, b"x")).code == "NoSuchBucket"
    assert (await stranger.abort()).code == "NoSuchBucket"


async def test_a_copied_part_needs_the_right_to_read_its_source(s3: S3Client, scoped: Scoped) -> None:
    await s3.send("PUT", "/default/secret", body=b"secret")
    upload = await Upload.begin(await scoped(WRITER), "/default/mine/a")
    assert (await upload.copy(1, "default/secret")).code == "AccessDenied"
    assert (await upload.copy(1, "default/missing")).code == "AccessDenied"
    assert (await upload.parts()).texts("Part/ETag") == []


async def test_only_uploads_that_the_caller_may_store_are_listed(s3: S3Client, scoped: Scoped) -> None:
    for path in ("/default/mine/a", "/default/theirs", "/default/mine/b"):
        await Upload.begin(s3, path)
    listed = await (await scoped(WRITER)).send("GET", "/default", "uploads=")
    assert listed.texts("Upload/Key") == ["mine/a", "mine/b"]
    listed = await (await scoped(READER)).send("GET", "/default", "uploads=")
    assert (listed.status, listed.texts("Upload/Key")) == (200, [])
