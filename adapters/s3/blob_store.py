"""The blob store in an S3 bucket."""

from collections.abc import AsyncIterable, AsyncIterator, Sequence

from adapters.s3.bucket import S3Bucket
from adapters.s3.listing import list_objects, list_uploads, merge
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import PART_SIZE, Parts
from adapters.s3.multipart.remainders import Remainders
from adapters.s3.multipart.requests import abort_uploads
from adapters.s3.multipart.upload import MultipartUpload
from adapters.s3.objects import OpenObject, delete_objects, object_size, put_object
from domain.blobs.chunks import Body, SendableBody
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import StoredBlob
from domain.values.ranges import ByteRange

# S3 deletes up to a thousand objects before it answers.
_DELETE_SECONDS = 30
_MEMORY = 4 * PART_SIZE


class S3BlobStore:
    """Keeps each blob as an object of `bucket`.

    A body of up to 8 MiB is one request; a longer one is a multipart upload. Each request carries a checksum of its
    body, which the store compares before it keeps anything: so the bytes that it acknowledges are those that were sent,
    on any store, and need not be read back. It is the CRC-32 where the store shows that it compares it, else the MD5.
    ETags are not compared, since encryption by KMS changes them.

    Memory: all uploads together hold `memory_size` (32 MiB) of the bytes that wait for their part to be whole, or that
    are being sent, and 64 KiB each. What is more waits in temporary files, one part of an upload at a time.
    Parts are larger than 8 MiB for bodies over 78 GiB, or over 8 GiB where the length is not known: see `part_size`.
    `memory` tells how much is held.

    The client needs the rights to get, put and delete objects, and to list the bucket, its multipart uploads, and abort
    them: without the right to list, a missing object looks forbidden.
    """

    def __init__(self, bucket: S3Bucket, *, memory_size: int = _MEMORY) -> None:
        self._bucket = bucket
        self._is_proven = False
        self._remainders = Remainders(bucket)
        self.memory = Budget(memory_size)

    async def admit(self) -> None:
        """Return: only `CircuitBlobStore` remembers that the store is down."""

    async def put(self, key: str, body: AsyncIterable[bytes], *, size: int | None) -> None:
        object_key = self._bucket.object_key(key)
        parts = Parts(body, self.memory)
        try:
            await parts.gather(PART_SIZE)
            if parts.ended:
                await put_object(self._bucket, object_key, parts.take())
            else:
                await MultipartUpload(self._bucket, object_key).run(parts, expected=size)
        finally:
            parts.close()

    def open(self, key: str, part: ByteRange | None = None) -> Body:
        return OpenObject(self._bucket, self._bucket.object_key(key), part)

    def open_for_sending(self, key: str, part: ByteRange | None = None) -> SendableBody:
        return self.open(key, part)

    async def delete(self, keys: Sequence[str]) -> set[str]:
        if not keys:
            return set()
        names = {self._bucket.object_key(key): key for key in keys}
        refused = await delete_objects(self._bucket, list(names), at_least=_DELETE_SECONDS)
        if not refused <= names.keys():
            raise BlobStoreUnavailableError("The blob store does not say what it deleted.")
        return {names[name] for name in refused}

    async def abort(self, key: str) -> None:
        await abort_uploads(self._bucket, self._bucket.object_key(key))
        await self._remainders.remove_all(key)

    async def list_stored(self) -> AsyncIterator[StoredBlob]:
        async for key, size in list_objects(self._bucket):
            yield StoredBlob(key=key, size=size)

    async def list_unfinished(self) -> AsyncIterator[str]:
        latest = ""
        async for key in merge(list_uploads(self._bucket), self._remainders.list_keys()):
            if key != latest:
                yield key
            latest = key

    async def get_size(self, key: str) -> int:
        return await object_size(self._bucket, self._bucket.object_key(key))

    async def check(self) -> None:
        """Return if the bucket answers. The first time, an empty object is put and deleted as well, to prove the right.

        Only the first time, since probes ask often and S3 bills every put.
        """
        with self._bucket.request() as client:
            await client.head_bucket(Bucket=self._bucket.name)
            if not self._is_proven:
                probe = f"{self._bucket.prefix}check"
                await client.put_object(Bucket=self._bucket.name, Key=probe, Body=b"")
                await client.delete_object(Bucket=self._bucket.name, Key=probe)
                self._is_proven = True
