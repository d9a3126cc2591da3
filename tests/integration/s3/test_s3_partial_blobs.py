"""Blobs in S3 that arrive in pieces keep the port's contract."""

from typing import TYPE_CHECKING

import pytest

from adapters.s3 import S3BlobStore, S3PartialBlobs
from domain.blobs.ports import BlobStore
from tests.contracts.partial_blobs.callers import FormerCallersContract
from tests.contracts.partial_blobs.concatenation import ConcatenationContract
from tests.contracts.partial_blobs.partial_blobs import PartialBlobsContract
from tests.integration.s3.conftest import BUCKET

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class S3Contract:
    @pytest.fixture
    def store(self, store: S3BlobStore) -> S3BlobStore:
        return store

    @pytest.fixture
    def partials(self, partials: S3PartialBlobs) -> S3PartialBlobs:
        return partials

    @pytest.fixture(autouse=True)
    def _where(self, s3_client: "S3Client", prefix: str) -> None:
        self.client = s3_client
        self.prefix = prefix

    async def leftovers(self, store: BlobStore, key: str) -> list[str]:
        objects = await self.client.list_objects_v2(Bucket=BUCKET, Prefix=self.prefix)
        uploads = await self.client.list_multipart_uploads(Bucket=BUCKET, Prefix=self.prefix)
        stored = [each["Key"] for each in objects.get("Contents", ())]
        unfinished = [each["Key"] for each in uploads.get("Uploads", ())]
        return [name for name in stored + unfinished if key in name]


class TestS3PartialBlobs(S3Contract, PartialBlobsContract):
    pass


class TestS3FormerCallers(S3Contract, FormerCallersContract):
    pass


class TestS3Concatenation(S3Contract, ConcatenationContract):
    pass
