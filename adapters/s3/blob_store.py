"""The blob store in an S3 bucket."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Self

from botocore.exceptions import ClientError

from adapters.s3.checksums import part_md5
from adapters.s3.errors import PATIENCE_SECONDS, is_missing, lies_behind_the_end, s3_errors, s3_request
from adapters.s3.listing import list_objects, list_uploads, object_key_of
from adapters.s3.multipart import MultipartUpload, abort_uploads
from adapters.s3.parts import PART_SIZE, Budget, Part, Parts
from domain.errors import BlobMissingError, BlobStoreRefusedError, BlobStoreUnavailableError
from domain.model.blobs import StoredBlob
from domain.model.ranges import ByteRange

if TYPE_CHECKING:
    from aiobotocore.response import StreamingBody
    from types_aiobotocore_s3.client import S3Client
    from types_aiobotocore_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

# S3 deletes up to a thousand objects before it answers.
_DELETE_SECONDS = 30
_SENDING_BYTES = 16 * PART_SIZE
_READ_SIZE = 256 * 1024
# Above this, aiohttp wants a file. botocore sends a file only after the store has said that it wants it (RFC 9110,
# section 10.1.1): a round trip more, which small bodies do not pay.
_INLINE_SIZE = 1024 * 1024


class S3BlobStore:
    """Keeps each blob as the object `{prefix}{last two digits of the key}/{key}` of `bucket`.

    A body of up to 8 MiB is one request; a longer one is a multipart upload. Each request carries the MD5 of its
    body, which the store compares before it keeps anything: so what is acknowledged is what was sent, on whichever
    store, and nothing needs to be read back. ETags are not compared, since encryption by KMS changes them.

    Memory: each upload gathers one part, and all of them together have at most `sending_bytes` (128 MiB) of multipart
    parts on their way, or one part where that is more. Parts are larger than 8 MiB for bodies over 78 GiB, or over
    8 GiB where the length is not known: see `part_size`. `sending` tells how much is on its way.

    A request has `patience` seconds to be answered, all its tries together, and the time that its body takes on top.

    The client stays its opener's to close. It needs the rights to get, put and delete objects, and to list the
    bucket, its multipart uploads, and abort them: without the right to list, a missing object looks forbidden.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str = "",
        *,
        sending_bytes: int = _SENDING_BYTES,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._patience = patience
        self._proven = False
        self.sending = Budget(sending_bytes)

    async def admit(self) -> None:
        """Return: whether it is down, only `CircuitBlobStore` remembers."""

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        object_key = self._object_key(key)
        parts = Parts(body)
        await parts.gather(PART_SIZE)
        if parts.ended:
            await self._put_whole(object_key, parts.take())
        else:
            upload = MultipartUpload(
                self._client,
                bucket=self._bucket,
                object_key=object_key,
                sending=self.sending,
                patience=self._patience,
            )
            await upload.run(parts, expected=size)

    async def _put_whole(self, object_key: str, whole: Part) -> None:
        checksum = await part_md5(whole)
        body = whole.data.getvalue() if whole.size <= _INLINE_SIZE else whole.data
        with s3_request(patience=self._patience, size=whole.size):
            await self._client.put_object(Bucket=self._bucket, Key=object_key, Body=body, ContentMD5=checksum)

    @asynccontextmanager
    async def open(self, key: str, part: ByteRange | None = None) -> AsyncIterator[AsyncIterator[bytes]]:
        asked: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": self._object_key(key)}
        if part is not None:
            asked["Range"] = f"bytes={part.start}-{part.end - 1}"
        with s3_request(patience=self._patience):
            try:
                found = await self._client.get_object(**asked)
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

    async def delete(self, keys: Sequence[str]) -> set[str]:
        if not keys:
            return set()
        with s3_request(patience=max(self._patience, _DELETE_SECONDS)):
            answer = await self._client.delete_objects(
                Bucket=self._bucket,
                Delete={"Objects": [{"Key": self._object_key(key)} for key in keys], "Quiet": True},
            )
        refused = {error["Key"] for error in answer.get("Errors", ()) if error.get("Code") != "NoSuchKey"}
        kept = {key for key in keys if self._object_key(key) in refused}
        if len(kept) < len(refused):
            raise BlobStoreUnavailableError("The blob store does not say what it deleted.")
        return kept

    async def abort(self, key: str) -> None:
        await abort_uploads(
            self._client, bucket=self._bucket, object_key=self._object_key(key), patience=self._patience
        )

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        found = list_objects(self._client, bucket=self._bucket, prefix=self._prefix, patience=self._patience)
        async for key, size in found:
            yield StoredBlob(key=key, size=size)

    async def list_unfinished(self) -> AsyncIterator[str]:
        latest = ""
        found = list_uploads(self._client, bucket=self._bucket, prefix=self._prefix, patience=self._patience)
        async for key in found:
            if key != latest:
                yield key
            latest = key

    async def size_of(self, key: str) -> int:
        with s3_request(patience=self._patience):
            try:
                found = await self._client.head_object(Bucket=self._bucket, Key=self._object_key(key))
            except ClientError as error:
                if not is_missing(error):
                    raise
                # An answer to HEAD has no body to tell it from a bucket that is gone.
                await self._client.head_bucket(Bucket=self._bucket)
                raise BlobMissingError("The file's bytes are missing.") from error
            return found["ContentLength"]

    async def check(self) -> None:
        """Return if the bucket answers. The first time, an empty object is put and deleted as well, to prove the right.

        Only the first time, since probes ask often and S3 bills every put.
        """
        with s3_request(patience=self._patience):
            await self._client.head_bucket(Bucket=self._bucket)
            if not self._proven:
                probe = f"{self._prefix}check"
                await self._client.put_object(Bucket=self._bucket, Key=probe, Body=b"")
                await self._client.delete_object(Bucket=self._bucket, Key=probe)
                self._proven = True

    def _object_key(self, key: str) -> str:
        return object_key_of(key, self._prefix)


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
