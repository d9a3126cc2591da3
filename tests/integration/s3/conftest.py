"""A bucket on LocalStack for the session, and a store in a corner of its own for each test."""

import secrets
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import uuid4

import aioboto3
import msgspec
import pytest

from adapters.s3 import S3BlobStore, S3Bucket, S3Connection, S3PartialBlobs, connect_s3
from tests.contracts.blob_store.store import Leftovers
from tests.harness.fault_proxy import HttpProxy
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

BUCKET = f"fileport-tests-{secrets.token_hex(4)}"
# LocalStack's first answer, on a busy machine, takes longer than the timeout for S3.
TIMEOUT_SECONDS = 60


class Line(msgspec.Struct):
    """A store by both of its ports, and the line to it."""

    store: S3BlobStore
    partials: S3PartialBlobs
    proxy: HttpProxy


@pytest.fixture(scope="session")
async def s3(localstack: LocalStack, aws_session: aioboto3.Session) -> AsyncIterator[S3Connection]:
    async with connect_s3(
        endpoint_url=localstack.endpoint_url, session=aws_session, pool_size=16, request_timeout=TIMEOUT_SECONDS
    ) as connection:
        await connection.client.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
        yield connection


@pytest.fixture(scope="session")
def s3_client(s3: S3Connection) -> "S3Client":
    return s3.client


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


@pytest.fixture
def bucket(s3: S3Connection, prefix: str) -> S3Bucket:
    return S3Bucket(s3, BUCKET, prefix, timeout=TIMEOUT_SECONDS)


@pytest.fixture
def store(bucket: S3Bucket) -> S3BlobStore:
    return S3BlobStore(bucket)


@pytest.fixture
def partials(bucket: S3Bucket, store: S3BlobStore) -> S3PartialBlobs:
    return S3PartialBlobs(bucket, memory=store.memory)


@pytest.fixture
def leftovers(s3_client: "S3Client", prefix: str) -> Leftovers:
    async def find(key: str) -> list[str]:
        objects = await s3_client.list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        uploads = await s3_client.list_multipart_uploads(Bucket=BUCKET, Prefix=prefix)
        stored = [each["Key"] for each in objects.get("Contents", ())]
        unfinished = [each["Key"] for each in uploads.get("Uploads", ())]
        return [name for name in stored + unfinished if key in name]

    return find


@pytest.fixture
async def line(
    localstack: LocalStack, aws_session: aioboto3.Session, s3_client: "S3Client", prefix: str
) -> AsyncIterator[Line]:
    """A line to LocalStack on which each request is tried twice."""
    async with (
        HttpProxy(localstack.endpoint_url).listening() as proxy,
        connect_s3(
            endpoint_url=proxy.url, session=aws_session, attempts=2, request_timeout=TIMEOUT_SECONDS
        ) as connection,
    ):
        bucket = S3Bucket(connection, BUCKET, prefix, timeout=TIMEOUT_SECONDS)
        store = S3BlobStore(bucket)
        yield Line(store, S3PartialBlobs(bucket, memory=store.memory), proxy)
