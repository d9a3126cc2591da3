"""A bucket on LocalStack for the session, and a store in a corner of its own for each test."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING
from uuid import uuid4

import aioboto3
import pytest

from adapters.s3 import S3BlobStore, open_s3_client
from tests.integration.fixtures.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

BUCKET = "fileport-tests"
# LocalStack's first answer, on a machine that does much else, takes longer than anybody would wait for S3.
PATIENCE_SECONDS = 60


@pytest.fixture(scope="session")
async def s3_client(localstack: LocalStack, aws_session: aioboto3.Session) -> AsyncIterator["S3Client"]:
    async with open_s3_client(
        endpoint_url=localstack.endpoint_url, session=aws_session, pool_size=16, patience=PATIENCE_SECONDS
    ) as client:
        await client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield client


@pytest.fixture
def prefix() -> str:
    return f"{uuid4().hex}/"


@pytest.fixture
def store(s3_client: "S3Client", prefix: str) -> S3BlobStore:
    return S3BlobStore(s3_client, BUCKET, prefix, patience=PATIENCE_SECONDS)
