"""The blob store in S3 keeps the port's contract, and its own promises."""

from typing import TYPE_CHECKING

import pytest

from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobStore
from tests.contracts.blob_store.listing import BlobStoreListingContract
from tests.contracts.blob_store.store import BlobStoreContract
from tests.integration.s3.conftest import BUCKET

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class TestS3BlobStore(BlobStoreContract):
    boundary = 8 * 1024**2

    @pytest.fixture
    def store(self, store: BlobStore) -> BlobStore:
        return store

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


class TestS3BlobStoreListing(BlobStoreListingContract):
    @pytest.fixture
    def store(self, store: BlobStore) -> BlobStore:
        return store

    @pytest.fixture(autouse=True)
    def _where(self, s3_client: "S3Client", prefix: str) -> None:
        self.client = s3_client
        self.prefix = prefix

    async def leave_unfinished(self, store: BlobStore, key: str) -> None:
        # A request that was sent twice leaves two.
        for _ in range(2):
            await self.client.create_multipart_upload(Bucket=BUCKET, Key=f"{self.prefix}{key[-2:]}/{key}")

    async def intrude(self, store: BlobStore) -> None:
        key = new_blob_key()
        misplaced, elsewhere = f"{key[:-2]}01", f"x{self.prefix}{key[-2:]}/{key}"
        for name in ("check", "00/notes.txt", f"00/{misplaced}", f"00/{'A' * 30}00", f"{key[-2:]}/{key}/more", key):
            await self.client.put_object(Bucket=BUCKET, Key=f"{self.prefix}{name}", Body=b"foreign")
            await self.client.create_multipart_upload(Bucket=BUCKET, Key=f"{self.prefix}{name}")
        await self.client.put_object(Bucket=BUCKET, Key=elsewhere, Body=b"foreign")
        await self.client.create_multipart_upload(Bucket=BUCKET, Key=elsewhere)
