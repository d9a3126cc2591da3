"""Copies inside the store: no byte comes here."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from anyio import create_task_group, move_on_after
from botocore.exceptions import ClientError

from adapters.s3.errors import PATIENCE_SECONDS, is_missing, is_unknown_upload, s3_request
from adapters.s3.multipart import abort_upload, abort_uploads
from domain.errors import BlobMissingError, BlobStoreUnavailableError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import CompletedPartTypeDef

# S3's own limit for a copy in one request.
LARGEST_COPY = 5 * 1024**3
# Of S3's largest object, that is 5,120 parts.
_PART_SIZE = 1024**3
_AT_ONCE = 8
# A store may think long about a copy, and longer about a large one.
COPY_SECONDS = 300
_SLOWEST_BYTES_PER_SECOND = 10 * 1024**2
_ABORT_SECONDS = 10


class Copy:
    """The copy of one object to the name of another: at once up to `largest` bytes, else in parts, several at once."""

    def __init__(
        self,
        client: "S3Client",
        *,
        bucket: str,
        source: str,
        target: str,
        size: int,
        patience: float = PATIENCE_SECONDS,
        largest: int = LARGEST_COPY,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._source = source
        self._target = target
        self._size = size
        self._patience = patience
        self._largest = largest
        self._copied: dict[int, str] = {}

    async def run(self) -> str | None:
        """Copy, and return the SHA-256 of what was copied, in hex, where the store says it of the whole object.

        Raises `BlobMissingError`.
        """
        if self._size <= self._largest:
            return await self._copy_whole()
        await self._copy_parts()
        return None

    async def _copy_whole(self) -> str | None:
        with s3_request(patience=self._seconds(self._size)), _missing_source():
            answer = await self._client.copy_object(
                Bucket=self._bucket,
                Key=self._target,
                CopySource={"Bucket": self._bucket, "Key": self._source},
                ChecksumAlgorithm="SHA256",
                # Of what came by a signed request nothing but the bytes is taken over: a client may have sent headers
                # that readers of the object would get.
                MetadataDirective="REPLACE",
                TaggingDirective="REPLACE",
            )
        return _sha256_of_whole(answer["CopyObjectResult"].get("ChecksumSHA256", ""))

    async def _copy_parts(self) -> None:
        with s3_request(patience=self._patience):
            created = await self._client.create_multipart_upload(Bucket=self._bucket, Key=self._target)
        upload_id = created["UploadId"]
        try:
            if created["ResponseMetadata"]["RetryAttempts"]:
                # A try whose answer was lost may have made another upload, which would be nobody's.
                await abort_uploads(
                    self._client,
                    bucket=self._bucket,
                    object_key=self._target,
                    keep=upload_id,
                    patience=self._patience,
                )
            await self._copy_ranges(upload_id)
            await self._join(upload_id)
        except BaseException:
            with move_on_after(_ABORT_SECONDS, shield=True), suppress(BlobStoreUnavailableError):
                await abort_upload(
                    self._client,
                    bucket=self._bucket,
                    object_key=self._target,
                    upload_id=upload_id,
                    patience=self._patience,
                )
            raise

    async def _join(self, upload_id: str) -> None:
        parts: list[CompletedPartTypeDef] = [
            {"PartNumber": number, "ETag": etag} for number, etag in sorted(self._copied.items())
        ]
        with s3_request(patience=self._seconds(0)):
            try:
                await self._client.complete_multipart_upload(
                    Bucket=self._bucket, Key=self._target, UploadId=upload_id, MultipartUpload={"Parts": parts}
                )
            except ClientError as error:
                # The answer to an earlier try was lost: nothing else is ever written there.
                if not is_unknown_upload(error):
                    raise
                await self._client.head_object(Bucket=self._bucket, Key=self._target)

    async def _copy_ranges(self, upload_id: str) -> None:
        starts = iter(enumerate(range(0, self._size, _PART_SIZE), start=1))
        failure: BaseException | None = None
        try:
            async with create_task_group() as tasks:
                for _ in range(_AT_ONCE):
                    tasks.start_soon(self._copy_some, upload_id, starts)
        except BaseExceptionGroup as errors:
            # The first is the cause; it cancelled the others.
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure

    async def _copy_some(self, upload_id: str, starts: Iterator[tuple[int, int]]) -> None:
        for number, start in starts:
            end = min(start + _PART_SIZE, self._size)
            with s3_request(patience=self._seconds(end - start)), _missing_source():
                answer = await self._client.upload_part_copy(
                    Bucket=self._bucket,
                    Key=self._target,
                    UploadId=upload_id,
                    PartNumber=number,
                    CopySource={"Bucket": self._bucket, "Key": self._source},
                    CopySourceRange=f"bytes={start}-{end - 1}",
                )
            self._copied[number] = answer["CopyPartResult"]["ETag"]

    def _seconds(self, size: int) -> float:
        return max(self._patience, COPY_SECONDS + size / _SLOWEST_BYTES_PER_SECOND)


@contextmanager
def _missing_source() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if is_missing(error):
            raise BlobMissingError("The bytes to copy are missing.") from error
        raise


def _sha256_of_whole(checksum: str) -> str | None:
    # Of an object that came in parts, some stores tell the checksum of the parts' checksums, with their number.
    return b64decode(checksum).hex() if checksum and "-" not in checksum else None
