"""The remainders of appends: bytes too few for a part, each kept as an object of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import msgspec

from adapters.s3.bucket import S3Bucket
from adapters.s3.listing import list_names
from adapters.s3.objects import OpenObject, delete_objects, put_object
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.values.ids import new_id

_FOLDER = "tails/"
# As many as S3 deletes in one request.
_BATCH = 1000


class Remainder(msgspec.Struct, frozen=True, array_like=True):
    """The `size` bytes at the end of an append, under a `name` that is never used twice."""

    name: str
    size: int


class Remainders:
    """Keeps each remainder as the object `{prefix}tails/{last two digits of the key}/{key}/{name}` of `bucket`.

    Apart from the blobs, so that a listing of unfinished blobs lists nothing else.
    """

    def __init__(self, bucket: S3Bucket) -> None:
        self._bucket = bucket.folder(_FOLDER)

    async def keep(self, key: str, data: Part) -> Remainder:
        """Keep the bytes, durably."""
        remainder = Remainder(name=new_id().hex, size=data.size)
        await put_object(self._bucket, self._object_key(key, remainder.name), data)
        return remainder

    async def read(self, key: str, remainders: Sequence[Remainder]) -> list[bytes]:
        """Return the bytes of the remainders, one after another. Raises `BlobMissingError`."""
        data: list[bytes] = []
        for remainder in remainders:
            async with OpenObject(self._bucket, self._object_key(key, remainder.name)) as chunks:
                found = [chunk async for chunk in chunks]
            if sum(map(len, found)) != remainder.size:
                raise BlobMissingError("Some of the file's bytes are missing.")
            data += found
        return data

    async def remove(self, key: str, remainders: Sequence[Remainder]) -> None:
        """Remove remainders that nothing needs any more, if the store answers; else `remove_all` does."""
        if remainders:
            with suppress(BlobStoreUnavailableError):
                await self._delete([self._object_key(key, each.name) for each in remainders])

    async def remove_all(self, key: str) -> None:
        """Remove all remainders of `key`."""
        names = [name async for name, _ in list_names(self._bucket, self._object_key(key, ""))]
        for start in range(0, len(names), _BATCH):
            await self._delete(names[start : start + _BATCH])

    async def list_keys(self) -> AsyncIterator[str]:
        """Yield the blob key of each remainder, in the order of `listing_order`, as often as it has remainders."""
        async for name, _ in list_names(self._bucket, self._bucket.prefix):
            if key := self._bucket.blob_key(name.rpartition("/")[0]):
                yield key

    async def _delete(self, object_keys: Sequence[str]) -> None:
        if await delete_objects(self._bucket, object_keys):
            raise BlobStoreUnavailableError("The blob store refuses work.")

    def _object_key(self, key: str, name: str) -> str:
        return f"{self._bucket.object_key(key)}/{name}"
