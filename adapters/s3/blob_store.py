"""The blob store in an S3 bucket."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from adapters.s3.errors import PATIENCE_SECONDS, s3_request
from adapters.s3.listing import in_order, list_objects, list_uploads, object_key_of
from adapters.s3.multipart import MultipartUpload, abort_uploads
from adapters.s3.objects import object_size, open_object, put_object
from adapters.s3.parts import PART_SIZE, Budget, Parts
from adapters.s3.tails import Tails
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import StoredBlob
from domain.values.ranges import ByteRange

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# S3 deletes up to a thousand objects before it answers.
_DELETE_SECONDS = 30
_SENDING_BYTES = 16 * PART_SIZE


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
        self._tails = Tails(client, bucket, prefix, patience=patience)
        self.sending = Budget(sending_bytes)

    async def admit(self) -> None:
        """Return: whether it is down, only `CircuitBlobStore` remembers."""

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        object_key = self._object_key(key)
        parts = Parts(body)
        await parts.gather(PART_SIZE)
        if parts.ended:
            await put_object(
                self._client,
                bucket=self._bucket,
                object_key=object_key,
                whole=parts.take(),
                patience=self._patience,
            )
        else:
            upload = MultipartUpload(
                self._client,
                bucket=self._bucket,
                object_key=object_key,
                sending=self.sending,
                patience=self._patience,
            )
            await upload.run(parts, expected=size)

    def open(self, key: str, part: ByteRange | None = None) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        object_key = self._object_key(key)
        return open_object(self._client, bucket=self._bucket, object_key=object_key, part=part, patience=self._patience)

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
        await self._tails.remove_all(key)

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        found = list_objects(self._client, bucket=self._bucket, prefix=self._prefix, patience=self._patience)
        async for key, size in found:
            yield StoredBlob(key=key, size=size)

    async def list_unfinished(self) -> AsyncIterator[str]:
        uploads = list_uploads(self._client, bucket=self._bucket, prefix=self._prefix, patience=self._patience)
        latest = ""
        async for key in in_order(uploads, self._tails.list_keys()):
            if key != latest:
                yield key
            latest = key

    async def get_size(self, key: str) -> int:
        return await object_size(
            self._client, bucket=self._bucket, object_key=self._object_key(key), patience=self._patience
        )

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
