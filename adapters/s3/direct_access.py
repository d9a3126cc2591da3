"""Requests to S3 that clients make themselves, signed here, and what becomes of the bytes that they send."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from adapters.s3.concatenation import Concatenation
from adapters.s3.copying import COPY_SECONDS, LARGEST_COPY, copy_object
from adapters.s3.errors import (
    PATIENCE_SECONDS,
    are_wrong_parts,
    is_missing,
    is_unknown_upload,
    s3_errors,
    s3_request,
)
from adapters.s3.listing import object_key_of
from adapters.s3.parts import LEAST_PART_SIZE, Budget
from domain.blobs.direct_access import ReadHeaders, ReadMethod, SignedRequest, UploadedPart
from domain.direct_uploads.errors import IncompleteUploadError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class S3DirectAccess:
    """Signs requests to the objects of an `S3BlobStore` with the same `bucket` and `prefix`, and copies these.

    Signed requests are good for `life` seconds, or until the credentials that signed them end, which those of a role
    do. `signing` is a client whose endpoint is the one that clients reach. Signing asks nobody, but for credentials
    that have to be renewed. The length of a body is signed: S3 takes no other.

    `client` is for requests of our own; it waits long for signs of life, for copies give none for a while. Beside the
    rights that the blob store needs, it takes the one to list the parts of multipart uploads. Up to `largest_copy`
    bytes are copied at once, and the store tells their SHA-256.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str = "",
        *,
        signing: "S3Client",
        life: int,
        patience: float = PATIENCE_SECONDS,
        largest_copy: int = LARGEST_COPY,
    ) -> None:
        self._client = client
        self._signing = signing
        self._bucket = bucket
        self._prefix = prefix
        self._life = life
        self._patience = patience
        self._largest_copy = largest_copy

    def require(self) -> None:
        """Return: this is one."""

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
        with s3_request(patience=self._patience):
            created = await self._client.create_multipart_upload(Bucket=self._bucket, Key=self._object_key(key))
        return created["UploadId"]

    async def sign_write(self, key: str, *, size: int) -> SignedRequest:
        return _sending(await self._sign("put_object", key, ContentLength=size), size)

    async def sign_part(self, key: str, multipart_id: str, number: int, *, size: int) -> SignedRequest:
        url = await self._sign("upload_part", key, UploadId=multipart_id, PartNumber=number, ContentLength=size)
        return _sending(url, size)

    async def list_parts(self, key: str, multipart_id: str) -> list[UploadedPart] | None:
        pages = aiter(
            self._client.get_paginator("list_parts").paginate(
                Bucket=self._bucket, Key=self._object_key(key), UploadId=multipart_id
            )
        )
        found: list[UploadedPart] = []
        while True:
            with s3_request(patience=self._patience):
                try:
                    page = await anext(pages, None)
                except ClientError as error:
                    if is_unknown_upload(error):
                        return None
                    raise
            if page is None:
                return found
            found += (
                UploadedPart(number=part["PartNumber"], size=part["Size"], etag=part["ETag"])
                for part in page.get("Parts", ())
            )

    async def join_parts(self, key: str, multipart_id: str, parts: Sequence[UploadedPart]) -> None:
        with s3_request(patience=max(self._patience, COPY_SECONDS)):
            try:
                await self._client.complete_multipart_upload(
                    Bucket=self._bucket,
                    Key=self._object_key(key),
                    UploadId=multipart_id,
                    MultipartUpload={"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in parts]},
                )
            except ClientError as error:
                if are_wrong_parts(error) or (is_unknown_upload(error) and not await self._is_there(key)):
                    raise IncompleteUploadError("The parts are not there as they were listed.") from error
                if not is_unknown_upload(error):
                    raise

    async def copy(self, source: str, key: str, *, size: int) -> str | None:
        source_key, target_key = self._object_key(source), self._object_key(key)
        if size <= self._largest_copy:
            return await copy_object(
                self._client,
                bucket=self._bucket,
                source=source_key,
                target=target_key,
                size=size,
                patience=self._patience,
            )
        await Concatenation(
            self._client,
            bucket=self._bucket,
            object_key=target_key,
            sending=Budget(LEAST_PART_SIZE),
            patience=self._patience,
        ).run([(source_key, size)])
        return None

    async def _is_there(self, key: str) -> bool:
        try:
            await self._client.head_object(Bucket=self._bucket, Key=self._object_key(key))
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True

    async def _sign(
        self, operation: Literal["get_object", "head_object", "put_object", "upload_part"], key: str, **given: Any
    ) -> str:
        request = {"Bucket": self._bucket, "Key": self._object_key(key), **given}
        with s3_errors():
            return await self._signing.generate_presigned_url(operation, Params=request, ExpiresIn=self._life)

    def _object_key(self, key: str) -> str:
        return object_key_of(key, self._prefix)


def _sending(url: str, size: int) -> SignedRequest:
    return SignedRequest(method="PUT", url=url, headers={"Content-Length": str(size)})
