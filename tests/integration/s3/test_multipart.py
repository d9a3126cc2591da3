"""How the S3 blob store sends a long body: in parts, several at once, in bounded memory."""

import tracemalloc
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from anyio import Event, create_task_group, sleep_forever

from adapters.s3 import S3BlobStore, S3Bucket, S3Connection
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.store import BodyFailed, payload, stream
from tests.integration.s3.conftest import BUCKET

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

MIB = 1024**2
PART = 8 * MIB


async def repeat(chunk: bytes, times: int) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield chunk


async def parts_of(client: "S3Client", prefix: str) -> int | None:
    """Return in how many parts the only object below `prefix` was sent; None for one that was sent whole."""
    listed = await client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    (found,) = listed["Contents"]
    _, divided, count = found["ETag"].strip('"').partition("-")
    return int(count) if divided else None


@pytest.mark.parametrize(
    ("size", "parts"), [(0, None), (PART, None), (PART + 1, 2), (3 * PART - 1, 3), (3 * PART, 3), (3 * PART + 1, 4)]
)
async def test_a_body_is_sent_in_as_few_parts_as_hold_it(
    store: S3BlobStore, s3_client: "S3Client", prefix: str, size: int, parts: int | None
) -> None:
    await store.put(new_blob_key(), stream(payload(size), 999_999), size=None)
    assert await parts_of(s3_client, prefix) == parts


async def test_an_object_lies_under_its_prefix_and_the_last_digits_of_its_key(
    store: S3BlobStore, s3_client: "S3Client", prefix: str
) -> None:
    key = new_blob_key()
    await store.put(key, stream(b"bytes"), size=5)
    listed = await s3_client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    assert [each["Key"] for each in listed["Contents"]] == [f"{prefix}{key[-2:]}/{key}"]


async def test_a_check_leaves_nothing(store: S3BlobStore, s3_client: "S3Client", prefix: str) -> None:
    await store.check()
    listed = await s3_client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
    assert listed["KeyCount"] == 0


async def test_the_second_of_two_uploads_is_seen_and_aborted_when_the_first_is_complete(
    store: S3BlobStore, s3_client: "S3Client", prefix: str
) -> None:
    """As where the answer to a creation was lost, and the process was killed before it aborted the other one."""
    key = new_blob_key()
    object_key = f"{prefix}{key[-2:]}/{key}"
    await s3_client.create_multipart_upload(Bucket=BUCKET, Key=object_key)
    await store.put(key, stream(payload(PART + 1)), size=PART + 1)
    await s3_client.create_multipart_upload(Bucket=BUCKET, Key=object_key)
    assert [each.key async for each in store.list_stored()] == [key]
    assert [each async for each in store.list_unfinished()] == [key]
    await store.abort(key)
    assert [each async for each in store.list_unfinished()] == []
    assert await store.get_size(key) == PART + 1


async def test_one_long_body_takes_the_memory_of_four_parts(store: S3BlobStore) -> None:
    chunk = payload(MIB)
    tracemalloc.start()
    try:
        await store.put(new_blob_key(), repeat(chunk, 160), size=None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 48 * MIB


async def test_all_uploads_share_the_budget_for_parts_in_flight(s3: S3Connection, prefix: str) -> None:
    store = S3BlobStore(S3Bucket(s3, BUCKET, prefix), memory_size=3 * PART)
    chunk = payload(MIB)

    async def put() -> None:
        await store.put(new_blob_key(), repeat(chunk, 40), size=40 * MIB)

    async with create_task_group() as group:
        for _ in range(5):
            group.start_soon(put)
    assert store.memory.peak == 3 * PART
    assert store.memory.held == 0


async def test_a_failed_upload_releases_its_budget(store: S3BlobStore) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield payload(3 * PART)
        raise BodyFailed

    with pytest.raises(BodyFailed):
        await store.put(new_blob_key(), body(), size=None)
    assert store.memory.held == 0


async def test_a_cancelled_upload_releases_its_budget(store: S3BlobStore) -> None:
    waiting = Event()

    async def body() -> AsyncIterator[bytes]:
        yield payload(3 * PART)
        waiting.set()
        await sleep_forever()

    async def put() -> None:
        await store.put(new_blob_key(), body(), size=None)

    async with create_task_group() as group:
        group.start_soon(put)
        await waiting.wait()
        group.cancel_scope.cancel()
    assert store.memory.peak > 0
    assert store.memory.held == 0
