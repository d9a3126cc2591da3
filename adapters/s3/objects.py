"""Requests for whole objects: put, open, measure, delete."""

from collections.abc import AsyncIterator, Sequence
from typing import Self

from botocore.exceptions import ClientError

from adapters.s3.bucket import S3Bucket
from adapters.s3.checksums import CRC32_HEADER, MD5_HEADER
from adapters.s3.errors import is_beyond_end, is_missing, is_unknown_header, s3_errors
from adapters.s3.http.request import ObjectRequest
from adapters.s3.http.response import Response
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError
from domain.values.ranges import ByteRange

_FIRST_SIZE = 256 * 1024


async def put_object(bucket: S3Bucket, object_key: str, whole: Part) -> None:
    """Put the object, in one request where the store compares CRC-32 or is known not to."""
    with s3_errors():
        if bucket.checksums.has_crc32 and await _put_with_crc32(bucket, object_key, whole):
            return
        md5 = await whole.md5()
        await bucket.send(ObjectRequest("PUT", object_key, headers={MD5_HEADER: md5}, body=whole))
        bucket.checksums.has_crc32 = False


async def _put_with_crc32(bucket: S3Bucket, object_key: str, whole: Part) -> bool:
    """Put the object, and return whether the store has compared its CRC-32."""
    crc32 = await whole.crc32()
    try:
        stored = await bucket.send(ObjectRequest("PUT", object_key, headers={CRC32_HEADER: crc32}, body=whole))
    except ClientError as error:
        if not is_unknown_header(error):
            raise
        return False
    return stored.headers.get(CRC32_HEADER) == crc32


async def object_size(bucket: S3Bucket, object_key: str) -> int:
    """Return the size of the object. Raises `BlobMissingError`."""
    with bucket.request() as client:
        try:
            found = await bucket.send(ObjectRequest("HEAD", object_key))
        except ClientError as error:
            if not is_missing(error):
                raise
            # An answer to HEAD has no body that would tell a missing object from a missing bucket.
            await client.head_bucket(Bucket=bucket.name)
            raise BlobMissingError("The file's bytes are missing.") from error
    return _length(found)


async def delete_objects(bucket: S3Bucket, object_keys: Sequence[str], *, at_least: float = 0) -> set[str]:
    """Delete up to 1,000 objects, and return those that the store refused. `at_least` is as in `S3Bucket.request`."""
    with bucket.request(at_least=at_least) as client:
        answer = await client.delete_objects(
            Bucket=bucket.name, Delete={"Objects": [{"Key": each} for each in object_keys], "Quiet": True}
        )
    return {error["Key"] for error in answer.get("Errors", ()) if error.get("Code") != "NoSuchKey"}


class OpenObject:
    """An object, or that part of it, opened as `BlobStore.open` does a blob."""

    def __init__(self, bucket: S3Bucket, object_key: str, part: ByteRange | None = None) -> None:
        self._bucket = bucket
        self._object_key = object_key
        self._part = part
        self._response: Response | None = None

    async def __aenter__(self) -> AsyncIterator[bytes]:
        part, headers = self._part, dict[str, str]()
        if part is not None:
            headers["range"] = f"bytes={part.start}-{part.end - 1}"
        with s3_errors():
            try:
                found = self._response = await self._bucket.send(
                    ObjectRequest("GET", self._object_key, headers=headers)
                )
            except ClientError as error:
                if is_missing(error) or (part is not None and is_beyond_end(error)):
                    raise BlobMissingError("The file's bytes are missing.") from error
                raise
        try:
            if part is not None:
                _check_part(part, found)
            chunks = _Chunks(found)
            await chunks.begin()
        except BaseException:
            found.close()
            raise
        return chunks

    async def __aexit__(self, *_: object) -> None:
        # A connection that was not read to its end cannot be used again; this call knows whether it was.
        if self._response is not None:
            self._response.close()


def _check_part(part: ByteRange, found: Response) -> None:
    content_range, length = found.headers.get("content-range", ""), _length(found)
    if content_range.startswith(f"bytes {part.start}-{part.end - 1}/") and length == part.length:
        return
    if content_range.startswith(f"bytes {part.start}-") and length < part.length:
        raise BlobMissingError("Some of the file's bytes are missing.")
    raise BlobStoreRefusedError("The blob store sent another part than it was asked for.")


def _length(found: Response) -> int:
    length = found.length
    if length is None:
        raise BlobStoreUnavailableError("The blob store does not say how long the object is.")
    return length


class _Chunks:
    """The body of a response, chunk by chunk as it arrives."""

    def __init__(self, response: Response) -> None:
        self._response = response
        self._left = _length(response)
        self._first = b""

    async def begin(self) -> None:
        """Read a first chunk of some length, so that a failure in it shows while a response can still tell it."""
        received = [await self._next()]
        size = len(received[0])
        while self._left and size < _FIRST_SIZE:
            received.append(await self._next())
            size += len(received[-1])
        self._first = received[0] if len(received) == 1 else b"".join(received)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk, self._first = self._first or await self._next(), b""
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def _next(self) -> bytes:
        if not self._left:
            return b""
        with s3_errors():
            chunk = await self._response.receive()
        if not chunk:
            raise BlobStoreUnavailableError("The blob store sent less than it promised.")
        self._left -= len(chunk)
        return chunk
