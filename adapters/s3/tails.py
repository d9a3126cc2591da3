"""The short ends of blobs that arrive in pieces: bytes too few for a part, each kept as an object of its own."""

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec

from adapters.s3.errors import PATIENCE_SECONDS, s3_request
from adapters.s3.listing import key_of, list_names
from adapters.s3.objects import open_object, put_object
from adapters.s3.parts import Part
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.values.ids import new_id

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

_PLACE = "tails/"
# As many as S3 deletes in one request.
_BATCH = 1000


class Tail(msgspec.Struct, frozen=True, array_like=True):
    """One of the ends of a blob: `size` bytes, under a `name` that is never used twice."""

    name: str
    size: int


class Tails:
    """Keeps each tail as the object `{prefix}tails/{last two digits of the key}/{key}/{name}` of `bucket`.

    Apart from the blobs, so that listing those that are unfinished lists nothing else.
    """

    def __init__(self, client: "S3Client", bucket: str, prefix: str, *, patience: float = PATIENCE_SECONDS) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = f"{prefix}{_PLACE}"
        self._patience = patience

    async def keep(self, key: str, data: Part) -> Tail:
        """Keep the bytes, durably."""
        data.data.seek(0)
        tail = Tail(name=new_id().hex, size=data.size)
        await put_object(
            self._client,
            bucket=self._bucket,
            object_key=self._object_key(key, tail.name),
            whole=data,
            patience=self._patience,
        )
        return tail

    async def read(self, key: str, tails: Sequence[Tail]) -> BytesIO:
        """Return the bytes of the tails, one after another. Raises `BlobMissingError`."""
        data = BytesIO()
        for tail in tails:
            before = data.tell()
            object_key = self._object_key(key, tail.name)
            async with open_object(
                self._client, bucket=self._bucket, object_key=object_key, patience=self._patience
            ) as chunks:
                async for chunk in chunks:
                    data.write(chunk)
            if data.tell() - before != tail.size:
                raise BlobMissingError("Some of the file's bytes are missing.")
        return data

    async def remove(self, key: str, tails: Sequence[Tail]) -> None:
        """Remove tails that nothing needs any more, if the store answers; else `remove_all` does."""
        if tails:
            with suppress(BlobStoreUnavailableError):
                await self._delete([self._object_key(key, tail.name) for tail in tails])

    async def remove_all(self, key: str) -> None:
        """Remove whatever tails there are of `key`."""
        prefix = self._object_key(key, "")
        names: list[str] = []
        async for name, _ in list_names(self._client, bucket=self._bucket, prefix=prefix, patience=self._patience):
            names.append(name)
        for start in range(0, len(names), _BATCH):
            await self._delete(names[start : start + _BATCH])

    async def list_keys(self) -> AsyncIterator[str]:
        """Yield the blob key of each tail, in the order of `listing_order`, and one of several tails as often."""
        found = list_names(self._client, bucket=self._bucket, prefix=self._prefix, patience=self._patience)
        async for name, _ in found:
            if key := key_of(name.rpartition("/")[0], self._prefix):
                yield key

    async def _delete(self, object_keys: Sequence[str]) -> None:
        with s3_request(patience=self._patience):
            answer = await self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": [{"Key": each} for each in object_keys], "Quiet": True}
            )
        if any(error.get("Code") != "NoSuchKey" for error in answer.get("Errors", ())):
            raise BlobStoreUnavailableError("The blob store refuses work.")

    def _object_key(self, key: str, name: str) -> str:
        return f"{self._prefix}{key[-2:]}/{key}/{name}"
