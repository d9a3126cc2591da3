"""One object: put whole, read, measured."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from adapters.s3.checksums import part_md5
from adapters.s3.errors import is_missing, lies_behind_the_end, s3_errors, s3_request
from adapters.s3.parts import Part
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError
from domain.values.ranges import ByteRange

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

_READ_SIZE = 256 * 1024
# Above this, aiohttp wants a file. botocore sends a file only after the store has said that it wants it (RFC 9110,
# section 10.1.1): a round trip more, which small bodies do not pay.
_INLINE_SIZE = 1024 * 1024


async def put_object(client: "S3Client", *, bucket: str, object_key: str, whole: Part, patience: float) -> None:
    """Put the object in one request."""
    checksum = await part_md5(whole)
    body = whole.data.getvalue() if whole.size <= _INLINE_SIZE else whole.data
    with s3_request(patience=patience, size=whole.size):
        await client.put_object(Bucket=bucket, Key=object_key, Body=body, ContentMD5=checksum)


@asynccontextmanager
async def open_object(
    client: "S3Client", *, bucket: str, object_key: str, part: ByteRange | None = None, patience: float
) -> AsyncIterator[AsyncIterator[bytes]]:
    """Open the object, or that part of it, as `BlobStore.open` does a blob."""
    asked: GetObjectRequestTypeDef = {"Bucket": bucket, "Key": object_key}
    if part is not None:
        asked["Range"] = f"bytes={part.start}-{part.end - 1}"
    with s3_request(patience=patience):
        try:
            found = await client.get_object(**asked)
        except ClientError as error:
            if is_missing(error) or (part is not None and lies_behind_the_end(error)):
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
        # A connection that was not read to its end cannot be used again; this one call knows which it is.
        body.close()


async def object_size(client: "S3Client", *, bucket: str, object_key: str, patience: float) -> int:
    """Return the size of the object. Raises `BlobMissingError`."""
    with s3_request(patience=patience):
        try:
            found = await client.head_object(Bucket=bucket, Key=object_key)
        except ClientError as error:
            if not is_missing(error):
                raise
            # An answer to HEAD has no body to tell it from a bucket that is gone.
            await client.head_bucket(Bucket=bucket)
            raise BlobMissingError("The file's bytes are missing.") from error
        return found["ContentLength"]


def _check_part(part: ByteRange, found: "GetObjectOutputTypeDef") -> None:
    content_range = found.get("ContentRange", "")
    if content_range.startswith(f"bytes {part.start}-{part.end - 1}/") and found["ContentLength"] == part.length:
        return
    if content_range.startswith(f"bytes {part.start}-") and found["ContentLength"] < part.length:
        raise BlobMissingError("Some of the file's bytes are missing.")
    raise BlobStoreRefusedError("The blob store sent another part than it was asked for.")


class _Chunks:
    """What is left of an object, chunk by chunk."""

    def __init__(self, body: "StreamingBody", size: int) -> None:
        self._body = body
        self._left = size
        self._first = b""

    async def begin(self) -> None:
        """Read the first chunk, so that what goes wrong before any byte shows while an answer can still say so."""
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
        pieces: list[bytes] = []
        while wanted:
            with s3_errors():
                piece = await self._body.read(wanted)
            if not piece:
                raise BlobStoreUnavailableError("The blob store sent less than it promised.")
            pieces.append(piece)
            wanted -= len(piece)
            self._left -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)
