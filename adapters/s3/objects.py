"""Requests for whole objects: put, open, measure, delete."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from adapters.s3.bucket import S3Bucket
from adapters.s3.checksums import part_md5
from adapters.s3.errors import is_beyond_end, is_missing, s3_errors
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError
from domain.values.ranges import ByteRange

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

_READ_SIZE = 256 * 1024
# Above this, aiohttp wants a file. botocore sends a file only after the store has said that it wants it (RFC 9110,
# section 10.1.1): a round trip more, which does not pay for small bodies.
_INLINE_SIZE = 1024 * 1024


async def put_object(bucket: S3Bucket, object_key: str, whole: Part) -> None:
    """Put the object in one request."""
    checksum = await part_md5(whole)
    body = whole.data.getvalue() if whole.size <= _INLINE_SIZE else whole.data
    with bucket.request(size=whole.size) as client:
        await client.put_object(Bucket=bucket.name, Key=object_key, Body=body, ContentMD5=checksum)


@asynccontextmanager
async def open_object(
    bucket: S3Bucket, object_key: str, part: ByteRange | None = None
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open the object, or that part of it, as `BlobStore.open` does a blob."""
    request: GetObjectRequestTypeDef = {"Bucket": bucket.name, "Key": object_key}
    if part is not None:
        request["Range"] = f"bytes={part.start}-{part.end - 1}"
    with bucket.request() as client:
        try:
            found = await client.get_object(**request)
        except ClientError as error:
            if is_missing(error) or (part is not None and is_beyond_end(error)):
                raise BlobMissingError("The file's bytes are missing.") from error
            raise
    body = found["Body"]
    try:
        if part is not None:
            _check_part(part, found)
        chunks = _Chunks(body, found["ContentLength"])
        await chunks.begin()
        yield chunks
    finally:
        # A connection that was not read to its end cannot be used again; this call knows whether it was.
        body.close()


async def object_size(bucket: S3Bucket, object_key: str) -> int:
    """Return the size of the object. Raises `BlobMissingError`."""
    with bucket.request() as client:
        try:
            found = await client.head_object(Bucket=bucket.name, Key=object_key)
        except ClientError as error:
            if not is_missing(error):
                raise
            # An answer to HEAD has no body that would tell a missing object from a missing bucket.
            await client.head_bucket(Bucket=bucket.name)
            raise BlobMissingError("The file's bytes are missing.") from error
        return found["ContentLength"]


async def delete_objects(bucket: S3Bucket, object_keys: Sequence[str], *, at_least: float = 0) -> set[str]:
    """Delete up to 1,000 objects, and return those that the store refused. `at_least` is as in `S3Bucket.request`."""
    with bucket.request(at_least=at_least) as client:
        answer = await client.delete_objects(
            Bucket=bucket.name, Delete={"Objects": [{"Key": each} for each in object_keys], "Quiet": True}
        )
    return {error["Key"] for error in answer.get("Errors", ()) if error.get("Code") != "NoSuchKey"}


def _check_part(part: ByteRange, found: "GetObjectOutputTypeDef") -> None:
    content_range = found.get("ContentRange", "")
    if content_range.startswith(f"bytes {part.start}-{part.end - 1}/") and found["ContentLength"] == part.length:
        return
    if content_range.startswith(f"bytes {part.start}-") and found["ContentLength"] < part.length:
        raise BlobMissingError("Some of the file's bytes are missing.")
    raise BlobStoreRefusedError("The blob store sent another part than it was asked for.")


class _Chunks:
    """The rest of an object, chunk by chunk."""

    def __init__(self, body: "StreamingBody", size: int) -> None:
        self._body = body
        self._left = size
        self._first = b""

    async def begin(self) -> None:
        """Read the first chunk, so that a failure before any byte shows while a response can still tell it."""
        self._first = await self._next()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        chunk, self._first = self._first or await self._next(), b""
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def _next(self) -> bytes:
        wanted = min(self._left, _READ_SIZE)
        received: list[bytes] = []
        while wanted:
            with s3_errors():
                data = await self._body.read(wanted)
            if not data:
                raise BlobStoreUnavailableError("The blob store sent less than it promised.")
            received.append(data)
            wanted -= len(data)
            self._left -= len(data)
        return received[0] if len(received) == 1 else b"".join(received)
