"""The blob store in S3 keeps the port's contract."""

from typing import TYPE_CHECKING

import pytest

from domain.blobs.model import new_blob_key
from tests.contracts.blob_store.listing import Intrude, LeaveUnfinished, TestBlobStoreListing
from tests.contracts.blob_store.sending import TestBlobStoreSending
from tests.contracts.blob_store.store import TestBlobStore
from tests.integration.s3.conftest import BUCKET

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
