"""Requests to S3 that clients make themselves, signed here, and the copies of the bytes that they send."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from adapters.s3.bucket import S3Bucket
from adapters.s3.copying import COPY_SECONDS, LARGEST_COPY, copy_object
from adapters.s3.errors import are_wrong_parts, is_missing, is_unknown_upload, s3_errors, upload_may_be_gone
from adapters.s3.listing import pages
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.concatenation import Concatenation
from adapters.s3.multipart.parts import LEAST_PART_SIZE
from domain.blobs.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.blobs.errors import BlobMissingError
from domain.direct_uploads.errors import IncompleteUploadError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class S3DirectAccess:
    """Signs requests to the objects of an `S3BlobStore` with the same `bucket`, and copies these.

    Signed requests are good for `life` seconds, or until the credentials that signed them end, as those of a role do.
    `signing` is a client with the endpoint that clients reach. Signing sends no request, except for credentials that
    have to be renewed. The length of a body is signed: S3 takes no other.

    The client of `bucket` is for requests of our own; its `idle_timeout` must be long, since the store gives no sign of
    life for a while of a copy. Beside the rights that the blob store needs, it takes the one to list the parts of
    multipart uploads. Up to `largest_copy` bytes are copied at once, and the store reports their SHA-256.
    """

    def __init__(self, bucket: S3Bucket, *, signing: "S3Client", life: int, largest_copy: int = LARGEST_COPY) -> None:
        self._bucket = bucket
        self._signing = signing
        self._life = life
        self._largest_copy = largest_copy

    def require(self) -> None:
        """Return: direct access is available."""

    async def sign_read(self, key: str, method: ReadMethod, headers: ReadHeaders) -> str:
        return await self._sign(
            "get_object" if method == "GET" else "head_object",
            key,
            ResponseContentType=headers.content_type,
            ResponseContentDisposition=headers.content_disposition,
            ResponseCacheControl=headers.cache_control,
        )

    async def begin_parts(self, key: str) -> str:
        # A try whose answer was lost may make another upload. It ends with the blob, which is never live.
        with self._bucket.request() as client:
            created = await client.create_multipart_upload(Bucket=self._bucket.name, Key=self._bucket.object_key(key))
        return created["UploadId"]

    async def sign_write(self, key: str, *, size: int) -> SignedRequest:
        return _put(await self._sign("put_object", key, ContentLength=size), size)

    async def sign_part(self, key: str, multipart_id: str, number: int, *, size: int) -> SignedRequest:
        url = await self._sign("upload_part", key, UploadId=multipart_id, PartNumber=number, ContentLength=size)
        return _put(url, size)

    async def list_parts(self, key: str, multipart_id: str) -> list[UploadedPart] | None:
        listed = self._bucket.client.get_paginator("list_parts").paginate(
            Bucket=self._bucket.name, Key=self._bucket.object_key(key), UploadId=multipart_id
        )
        try:
            with upload_may_be_gone():
                return [
                    UploadedPart(number=part["PartNumber"], size=part["Size"], etag=part["ETag"])
                    async for page in pages(self._bucket, listed)
                    for part in page.get("Parts", ())
                ]
        except BlobMissingError:
            return None

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        with self._bucket.request(at_least=COPY_SECONDS) as client:
            try:
                await client.complete_multipart_upload(
                    Bucket=self._bucket.name,
                    Key=self._bucket.object_key(key),
                    UploadId=multipart_id,
                    MultipartUpload={"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]},
                )
            except ClientError as error:
                if are_wrong_parts(error) or (is_unknown_upload(error) and not await self._exists(client, key)):
                    raise IncompleteUploadError("The parts are not there as they were listed.") from error
                if not is_unknown_upload(error):
                    raise

    async def copy(self, source: str, key: str, *, size: int) -> str | None:
        source_key, target_key = self._bucket.object_key(source), self._bucket.object_key(key)
        if size <= self._largest_copy:
            return await copy_object(self._bucket, source_key, target_key, size=size)
        concatenation = Concatenation(self._bucket, target_key, sending=Budget(LEAST_PART_SIZE))
        await concatenation.run([(source_key, size)])
        return None

    async def _exists(self, client: "S3Client", key: str) -> bool:
        try:
            await client.head_object(Bucket=self._bucket.name, Key=self._bucket.object_key(key))
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True

    async def _sign(
        self, operation: Literal["get_object", "head_object", "put_object", "upload_part"], key: str, **given: Any
    ) -> str:
        request = {"Bucket": self._bucket.name, "Key": self._bucket.object_key(key), **given}
        with s3_errors():
            return await self._signing.generate_presigned_url(operation, Params=request, ExpiresIn=self._life)


def _put(url: str, size: int) -> SignedRequest:
    return SignedRequest(method="PUT", url=url, headers={"Content-Length": str(size)})
