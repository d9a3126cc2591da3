"""Parts of blobs in S3 keep the port's contract."""

import pytest

from adapters.s3 import S3BlobStore, S3Bucket, S3PartBlobs
from tests.contracts.part_blobs import TestPartBlobs, upload

__all__ = ["TestPartBlobs", "upload"]


@pytest.fixture
def part_blobs(bucket: S3Bucket, store: S3BlobStore) -> S3PartBlobs:
    return S3PartBlobs(bucket, memory=store.memory)
