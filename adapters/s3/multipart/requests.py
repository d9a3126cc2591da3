"""The requests of a multipart upload, from its creation to its completion or its abort."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from anyio import move_on_after
from botocore.exceptions import ClientError

from adapters.s3.bucket import S3Bucket
from adapters.s3.checksums import CRC32_HEADER, MD5_HEADER
from adapters.s3.copying import COPY_SECONDS, source_may_be_gone
from adapters.s3.errors import is_unknown_header, is_unknown_upload, s3_errors
from adapters.s3.http.request import ObjectRequest
from adapters.s3.objects import object_size
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.values.ranges import ByteRange

if TYPE_CHECKING:
    from types_aiobotocore_s3.type_defs import (
        CompletedPartTypeDef,
        CreateMultipartUploadOutputTypeDef,
        UploadPartCopyRequestTypeDef,
    )

_ABORT_SECONDS = 10
# What a signed query leaves as it is.
_UNRESERVED = "-._~"
# A store may take long to assemble a large object.
_COMPLETE_SECONDS = 300


class CreatedUpload(NamedTuple):
    """A multipart upload, whether its parts have a CRC-32, and the number of retries that it took to create it."""

    id: str
    has_crc32: bool
    retries: int


class PartReceipt(NamedTuple):
    """What the store says of a part, which it wants to hear again when the upload is completed."""

    etag: str
    crc32: str | None = None


@asynccontextmanager
async def only_upload(bucket: S3Bucket, object_key: str, *, with_crc32: bool = False) -> AsyncIterator[CreatedUpload]:
    """Create the one multipart upload of an object, as `create_upload` does, and enter with it.

    After an error of the context's body it is aborted, if the store answers in time.
    """
    upload = await create_upload(bucket, object_key, with_crc32=with_crc32)
    try:
        if upload.retries:
            # A try whose answer was lost may have made another upload, which would be an orphan.
            await abort_uploads(bucket, object_key, keep=upload.id)
        yield upload
    except BaseException:
        with move_on_after(_ABORT_SECONDS, shield=True), suppress(BlobStoreUnavailableError):
            await abort_upload(bucket, object_key, upload.id)
        raise


async def create_upload(bucket: S3Bucket, object_key: str, *, with_crc32: bool = False) -> CreatedUpload:
    """Create a multipart upload, one whose parts have a CRC-32 where that is asked for and the store knows it."""
    with bucket.request() as client:
        if with_crc32 and bucket.checksums.has_crc32:
            try:
                created = await client.create_multipart_upload(
                    Bucket=bucket.name, Key=object_key, ChecksumAlgorithm="CRC32"
                )
            except ClientError as error:
                if not is_unknown_header(error):
                    raise
            else:
                return _created(created)
        return _created(await client.create_multipart_upload(Bucket=bucket.name, Key=object_key))


def _created(answer: "CreateMultipartUploadOutputTypeDef") -> CreatedUpload:
    # A store that does not know checksums does not repeat the algorithm.
    return CreatedUpload(
        answer["UploadId"], answer.get("ChecksumAlgorithm") == "CRC32", answer["ResponseMetadata"]["RetryAttempts"]
    )


async def send_part(
    bucket: S3Bucket, object_key: str, upload_id: str, number: int, part: Part, *, has_crc32: bool = False
) -> PartReceipt:
    """Send a part, with its CRC-32 where the upload `has_crc32`, else with its MD5."""
    crc32 = await part.crc32() if has_crc32 else None
    headers = {MD5_HEADER: await part.md5()} if crc32 is None else {CRC32_HEADER: crc32}
    query = f"partNumber={number}&uploadId={quote(upload_id, safe=_UNRESERVED)}"
    with s3_errors():
        sent = await bucket.send(ObjectRequest("PUT", object_key, query=query, headers=headers, body=part))
    if "etag" not in sent.headers:
        raise BlobStoreUnavailableError("The blob store does not say what it stored.")
    return PartReceipt(sent.headers["etag"], crc32)


async def copy_part(
    bucket: S3Bucket, source: str, object_key: str, upload_id: str, number: int, *, part: ByteRange | None = None
) -> PartReceipt:
    """Copy an object, or a range of one that has more than 5 MiB, inside the store as a part.

    Raises `BlobMissingError` where there is no such object.
    """
    asked: UploadPartCopyRequestTypeDef = {
        "Bucket": bucket.name,
        "Key": object_key,
        "UploadId": upload_id,
        "PartNumber": number,
        "CopySource": {"Bucket": bucket.name, "Key": source},
    }
    if part is not None:
        asked["CopySourceRange"] = f"bytes={part.start}-{part.end - 1}"
    with bucket.request(at_least=COPY_SECONDS) as client, source_may_be_gone():
        copied = await client.upload_part_copy(**asked)
    return PartReceipt(copied["CopyPartResult"]["ETag"])


async def complete_upload(
    bucket: S3Bucket, object_key: str, upload_id: str, stored: Iterable[tuple[int, PartReceipt]], *, size: int
) -> None:
    """Make one object of the parts that were `stored`, by their numbers, in order. Others are dropped.

    Where it fails, the store is asked whether the object, of `size` bytes, exists all the same.
    """
    parts: list[CompletedPartTypeDef] = [
        {"PartNumber": number, "ETag": part.etag}
        if part.crc32 is None
        else {"PartNumber": number, "ETag": part.etag, "ChecksumCRC32": part.crc32}
        for number, part in stored
    ]
    try:
        # botocore turns the error that S3 may put into an answer of 200 into one of 500.
        with bucket.request(at_least=_COMPLETE_SECONDS) as client:
            await client.complete_multipart_upload(
                Bucket=bucket.name, Key=object_key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
    except BlobStoreUnavailableError:
        if not await has_arrived(bucket, object_key, size=size):
            raise


async def has_arrived(bucket: S3Bucket, object_key: str, *, size: int) -> bool:
    """Return whether the object exists although the answer was lost: nothing else is ever written under its key."""
    with suppress(BlobStoreUnavailableError, BlobMissingError):
        return await object_size(bucket, object_key) == size
    return False


async def abort_uploads(bucket: S3Bucket, object_key: str, *, keep: str | None = None) -> None:
    """Abort every multipart upload of the object but the one to `keep`."""
    with bucket.request() as client:
        pages = client.get_paginator("list_multipart_uploads")
        found = [
            upload["UploadId"]
            async for page in pages.paginate(Bucket=bucket.name, Prefix=object_key)
            for upload in page.get("Uploads", ())
            if upload["Key"] == object_key and upload["UploadId"] != keep
        ]
    for upload_id in found:
        await abort_upload(bucket, object_key, upload_id)


async def abort_upload(bucket: S3Bucket, object_key: str, upload_id: str) -> None:
    """Abort the multipart upload; one that is gone is no error."""
    with bucket.request() as client:
        try:
            await client.abort_multipart_upload(Bucket=bucket.name, Key=object_key, UploadId=upload_id)
        except ClientError as error:
            if not is_unknown_upload(error):
                raise
