"""The blob store in S3 keeps the port's contract."""

from typing import TYPE_CHECKING

import pytest

from adapters.s3 import S3BlobStore, S3Bucket, S3Connection, connect_s3
from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.listing import Intrude, LeaveUnfinished, TestBlobStoreListing
from tests.contracts.blob_store.sending import TestBlobStoreSending
from tests.contracts.blob_store.store import TestBlobStore, payload, stream
from tests.integration.s3.conftest import BUCKET, TIMEOUT_SECONDS
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

__all__ = ["TestBlobStore", "TestBlobStoreListing", "TestBlobStoreSending"]


@pytest.fixture
def boundary() -> int:
    return 8 * 1024**2


@pytest.fixture
def leave_unfinished(s3_client: "S3Client", prefix: str) -> LeaveUnfinished:
    async def leave(key: str) -> None:
        # A request that was sent twice leaves two.
        for _ in range(2):
            await s3_client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}{key[-2:]}/{key}")

    return leave


@pytest.fixture
def intrude(s3_client: "S3Client", prefix: str) -> Intrude:
    async def intrude() -> None:
        key = new_blob_key()
        misplaced, elsewhere = f"{key[:-2]}01", f"x{prefix}{key[-2:]}/{key}"
        for name in ("check", "00/notes.txt", f"00/{misplaced}", f"00/{'A' * 30}00", f"{key[-2:]}/{key}/more", key):
            await s3_client.put_object(Bucket=BUCKET, Key=f"{prefix}{name}", Body=b"foreign")
            await s3_client.create_multipart_upload(Bucket=BUCKET, Key=f"{prefix}{name}")
        await s3_client.put_object(Bucket=BUCKET, Key=elsewhere, Body=b"foreign")
        await s3_client.create_multipart_upload(Bucket=BUCKET, Key=elsewhere)

    return intrude


async def test_a_store_is_opened_with_the_settings_of_the_environment(
    localstack: LocalStack,
    s3: S3Connection,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As the service opens it: with botocore's own session, whose descriptions are read without documentation."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    key = new_blob_key()
    async with connect_s3(endpoint_url=localstack.endpoint_url, request_timeout=TIMEOUT_SECONDS) as connection:
        store = S3BlobStore(S3Bucket(connection, BUCKET, prefix, timeout=TIMEOUT_SECONDS))
        await store.check()
        await store.put(key, stream(payload(8 * 1024**2 + 1)), size=None)
        assert await store.get_size(key) == 8 * 1024**2 + 1
        assert [blob.key async for blob in store.list_stored()] == [key]
        await store.abort(key)
        assert await store.delete([key]) == set()
