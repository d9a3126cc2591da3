"""Blobs in an S3 bucket that arrive in numbered parts."""

from collections.abc import AsyncIterable, Mapping, Sequence
from typing import Any

from adapters.s3.bucket import S3Bucket
from adapters.s3.errors import upload_may_be_gone
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import Parts
from adapters.s3.multipart.requests import (
    PartReceipt,
    complete_upload,
    copy_part,
    create_upload,
    has_arrived,
    send_part,
)
from adapters.s3.objects import put_object
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.parts import StoredPart
from domain.blobs.streams import map_concurrently

_COPIES_AT_ONCE = 4


class S3PartBlobs:
    """Makes each blob of one multipart upload, with the same numbers. Receipts are the ETags of its parts.

    Each part is one request, which carries the MD5 of its body: so a part is gathered before it is sent, in memory as
    far as `memory` goes, which is that of `S3BlobStore`, and in a temporary file beyond that. A part with a key of its
    own, which was sent again, is copied to its number by the store.
    """

    only_equal = False

    def __init__(self, bucket: S3Bucket, *, memory: Budget) -> None:
        self._bucket = bucket
        self._memory = memory

    async def begin(self, key: str) -> Mapping[str, Any]:
        # A try whose answer was lost may make another upload. It ends with `BlobStore.abort`.
        created = await create_upload(self._bucket, self._bucket.object_key(key))
        return {"upload": created.id}

    async def put_part(
        self,
        key: str,
        state: Mapping[str, Any],
        number: int,
        body: AsyncIterable[bytes],
        *,
        size: int,
        offset: int,  # noqa: ARG002 - the number tells the place
    ) -> str:
        parts = Parts(body, self._memory)
        try:
            # One byte more than there is: the body's end, too, has to be read before anything is sent.
            await parts.gather(size + 1)
            with upload_may_be_gone():
                object_key = self._bucket.object_key(key)
                receipt = await send_part(self._bucket, object_key, state["upload"], number, parts.take())
                return receipt.etag
        finally:
            parts.close()

    async def join(
        self,
        key: str,
        state: Mapping[str, Any],
        parts: Sequence[StoredPart],
        *,
        is_all: bool,  # noqa: ARG002 - the store drops those that are not named
        scratch: str,  # noqa: ARG002 - nothing remains
    ) -> None:
        object_key, size = self._bucket.object_key(key), sum(part.size for part in parts)
        try:
            with upload_may_be_gone():
                await self._join(object_key, state["upload"], parts, size)
        except (BlobStoreUnavailableError, BlobMissingError):
            if not await has_arrived(self._bucket, object_key, size=size):
                raise

    async def _join(self, object_key: str, upload: str, parts: Sequence[StoredPart], size: int) -> None:
        if not size:
            await put_object(self._bucket, object_key, Part())
            return

        async def receipt_of(part: StoredPart) -> tuple[int, PartReceipt]:
            if part.key is None:
                return part.number, PartReceipt(part.receipt)
            source = self._bucket.object_key(part.key)
            return part.number, await copy_part(self._bucket, source, object_key, upload, part.number)

        sent = sorted(await map_concurrently(receipt_of, parts, concurrency=_COPIES_AT_ONCE))
        await complete_upload(self._bucket, object_key, upload, sent, size=size)
