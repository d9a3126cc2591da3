"""One multipart upload, from its creation to its completion, or to nothing."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from anyio import create_task_group, move_on_after
from anyio.abc import TaskGroup
from botocore.exceptions import ClientError

from adapters.s3.checksums import part_md5
from adapters.s3.errors import PATIENCE_SECONDS, is_unknown_upload, s3_request
from adapters.s3.objects import object_size
from adapters.s3.parts import MAX_PARTS, PART_SIZE, Budget, Part, Parts, part_size
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

# One upload's memory: the part that is being gathered, and three that are being sent.
OWN_BUDGET = 4 * PART_SIZE
_ABORT_SECONDS = 10
# A store may take long to assemble a large object.
_COMPLETE_SECONDS = 300


class MultipartUpload:
    """Sends the parts of one body as one object, several parts at once.

    It holds up to 32 MiB, or one part where that is more. The parts that all uploads have on their way come out of
    `sending`. Gathering a part does not: a slow client that gathers would keep the others waiting.
    """

    def __init__(
        self, client: "S3Client", *, bucket: str, object_key: str, sending: Budget, patience: float = PATIENCE_SECONDS
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._object_key = object_key
        self._own = Budget(OWN_BUDGET)
        self._sending = sending
        self._patience = patience
        self._on_their_way = 0
        self._sent: dict[int, str] = {}
        self._size = 0

    async def run(self, parts: Parts, *, expected: int | None) -> None:
        """Send the gathered part and all that follow.

        An error of the body comes out unchanged. After any error the upload is aborted, if the store answers in time.
        """
        async with only_upload(
            self._client, bucket=self._bucket, object_key=self._object_key, patience=self._patience
        ) as upload_id:
            await self._send_all(upload_id, parts, expected)
            await self._complete(upload_id)

    async def _send_all(self, upload_id: str, parts: Parts, expected: int | None) -> None:
        failure: BaseException | None = None
        try:
            async with create_task_group() as group:
                await self._feed(group, upload_id, parts, expected)
        except BaseExceptionGroup as errors:
            # The first is the cause; it cancelled the others.
            failure = errors.exceptions[0]
        finally:
            # A task that is cancelled before its first step gives nothing back.
            self._sending.release(self._on_their_way)
            self._on_their_way = 0
        if failure is not None:
            # Outside of the handler, so that the error stays as it was raised, its context too.
            raise failure

    async def _feed(self, group: TaskGroup, upload_id: str, parts: Parts, expected: int | None) -> None:
        gathering = await self._own.acquire(parts.gathered)
        for number in range(1, MAX_PARTS + 1):
            sending = await self._sending.acquire(parts.gathered)
            self._on_their_way += sending
            self._size += parts.gathered
            # Taken here, so that nothing but its task keeps the part.
            group.start_soon(self._send, upload_id, number, parts.take(), gathering, sending)
            if parts.ended:
                return
            size = part_size(number + 1, sent=self._size, expected=expected)
            gathering = await self._own.acquire(size)
            await parts.gather(size)
        raise BlobStoreUnavailableError("The blob store takes no body of so many parts.")

    async def _send(self, upload_id: str, number: int, part: Part, gathering: int, sending: int) -> None:
        self._sent[number] = await send_part(
            self._client,
            bucket=self._bucket,
            object_key=self._object_key,
            upload_id=upload_id,
            number=number,
            part=part,
            patience=self._patience,
        )
        self._on_their_way -= sending
        self._sending.release(sending)
        self._own.release(gathering)

    async def _complete(self, upload_id: str) -> None:
        await complete_upload(
            self._client,
            bucket=self._bucket,
            object_key=self._object_key,
            upload_id=upload_id,
            sent=sorted(self._sent.items()),
            size=self._size,
            patience=self._patience,
        )


@asynccontextmanager
async def only_upload(client: "S3Client", *, bucket: str, object_key: str, patience: float) -> AsyncIterator[str]:
    """Create the one multipart upload of an object, and enter with its id.

    After an error of the context's body it is aborted, if the store answers in time.
    """
    upload_id, retries = await create_upload(client, bucket=bucket, object_key=object_key, patience=patience)
    try:
        if retries:
            # A try whose answer was lost may have made another upload, which would be nobody's.
            await abort_uploads(client, bucket=bucket, object_key=object_key, keep=upload_id, patience=patience)
        yield upload_id
    except BaseException:
        with move_on_after(_ABORT_SECONDS, shield=True), suppress(BlobStoreUnavailableError):
            await abort_upload(client, bucket=bucket, object_key=object_key, upload_id=upload_id, patience=patience)
        raise


async def create_upload(client: "S3Client", *, bucket: str, object_key: str, patience: float) -> tuple[str, int]:
    """Return the id of a new multipart upload, and how often it took another try."""
    with s3_request(patience=patience):
        created = await client.create_multipart_upload(Bucket=bucket, Key=object_key)
    return created["UploadId"], created["ResponseMetadata"]["RetryAttempts"]


async def send_part(
    client: "S3Client",
    *,
    bucket: str,
    object_key: str,
    upload_id: str,
    number: int,
    part: Part,
    patience: float,
) -> str:
    """Send a part, and return its ETag."""
    checksum = await part_md5(part)
    with s3_request(patience=patience, size=part.size):
        sent = await client.upload_part(
            Bucket=bucket,
            Key=object_key,
            UploadId=upload_id,
            PartNumber=number,
            Body=part.data,
            ContentMD5=checksum,
        )
    return sent["ETag"]


async def complete_upload(
    client: "S3Client",
    *,
    bucket: str,
    object_key: str,
    upload_id: str,
    sent: Iterable[tuple[int, str]],
    size: int,
    patience: float,
) -> None:
    """Make one object of the parts that were `sent`: their numbers, in order, and ETags. Others are dropped.

    Where it fails, the store is asked whether the object, of `size` bytes, is there all the same.
    """
    parts: list[CompletedPartTypeDef] = [{"PartNumber": number, "ETag": etag} for number, etag in sent]
    try:
        # botocore turns the error that S3 may put into an answer of 200 into one of 500.
        with s3_request(patience=max(patience, _COMPLETE_SECONDS)):
            await client.complete_multipart_upload(
                Bucket=bucket, Key=object_key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            )
    except BlobStoreUnavailableError:
        if not await has_arrived(client, bucket=bucket, object_key=object_key, size=size, patience=patience):
            raise


async def has_arrived(client: "S3Client", *, bucket: str, object_key: str, size: int, patience: float) -> bool:
    """Whether the object is there although the answer was lost: nothing else is ever written under its key."""
    with suppress(BlobStoreUnavailableError, BlobMissingError):
        return await object_size(client, bucket=bucket, object_key=object_key, patience=patience) == size
    return False


async def abort_uploads(
    client: "S3Client",
    *,
    bucket: str,
    object_key: str,
    keep: str | None = None,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Abort every multipart upload of the object but the one to `keep`."""
    with s3_request(patience=patience):
        pages = client.get_paginator("list_multipart_uploads")
        found = [
            upload["UploadId"]
            async for page in pages.paginate(Bucket=bucket, Prefix=object_key)
            for upload in page.get("Uploads", ())
            if upload["Key"] == object_key and upload["UploadId"] != keep
        ]
    for upload_id in found:
        await abort_upload(client, bucket=bucket, object_key=object_key, upload_id=upload_id, patience=patience)


async def abort_upload(
    client: "S3Client",
    *,
    bucket: str,
    object_key: str,
    upload_id: str,
    patience: float = PATIENCE_SECONDS,
) -> None:
    """Abort the multipart upload; it is no error where it is gone."""
    with s3_request(patience=patience):
        try:
            await client.abort_multipart_upload(Bucket=bucket, Key=object_key, UploadId=upload_id)
        except ClientError as error:
            if not is_unknown_upload(error):
                raise
