"""Blobs in an S3 bucket that arrive by several appends."""

from collections.abc import AsyncIterable, Sequence

import msgspec

from adapters.s3.bucket import S3Bucket
from adapters.s3.errors import upload_may_be_gone
from adapters.s3.multipart.appending import Appending
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.concatenation import Concatenation
from adapters.s3.multipart.parts import LEAST_PART_SIZE
from adapters.s3.multipart.remainders import Remainders
from adapters.s3.multipart.requests import (
    PartReceipt,
    abort_uploads,
    complete_upload,
    has_arrived,
    send_part,
)
from adapters.s3.multipart.state import PARTS_AHEAD, MultipartState
from adapters.s3.objects import object_size, put_object
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.partials import Checkpoint, Progress


class S3PartialBlobs:
    """Makes each blob of the parts of one multipart upload, which lasts from the first append to the last.

    S3 takes parts of 5 MiB and more. A shorter rest of an append is kept as a remainder, an object of its own, and read
    again for the part that begins with it; a blob that never had enough for a part is put whole. Remainders are joined
    with a next one that is half as long or more, so that a byte is written again a few times at most, however short
    the appends are. An append of 8 MiB is one request.

    A kill leaves parts and remainders that no progress has: they do not count, since only those count that `complete`
    names. Bytes that a former caller still writes do not count either: its remainders have names of their own, and the
    next caller skips the part numbers that it may use. S3 accepts gaps. A part that is sent again under its number has
    the same bytes. `complete` and `abort` remove the orphans.

    Memory is as in `S3BlobStore`, whose `memory` this shares. Concatenation has 10 MiB of its own.
    """

    def __init__(self, bucket: S3Bucket, *, memory: Budget) -> None:
        self._bucket = bucket
        self._memory = memory
        self._joining = Budget(2 * LEAST_PART_SIZE)
        self._remainders = Remainders(bucket)

    async def begin(self, key: str, *, size: int | None = None) -> Progress:  # noqa: ARG002 - no key is needed yet
        return MultipartState(expected=size).progress(0)

    async def append(
        self,
        key: str,
        progress: Progress,
        body: AsyncIterable[bytes],
        *,
        size: int | None,  # noqa: ARG002 - the length of the whole is what counts
        checkpoint: Checkpoint,
    ) -> Progress:
        appending = Appending(
            self._bucket, self._remainders, key, memory=self._memory, progress=progress, checkpoint=checkpoint
        )
        return await appending.run(body)

    def fence(self, progress: Progress) -> Progress:
        state = MultipartState.of(progress)
        # Without an upload there are no numbers to share: each caller makes its own.
        skipped = PARTS_AHEAD if state.upload else 0
        return msgspec.structs.replace(state, next=state.next + skipped).progress(progress.size)

    async def complete(self, key: str, progress: Progress) -> None:
        object_key = self._bucket.object_key(key)
        try:
            with upload_may_be_gone():
                await self._make(key, object_key, MultipartState.of(progress), progress.size)
        except (BlobStoreUnavailableError, BlobMissingError):
            if not await has_arrived(self._bucket, object_key, size=progress.size):
                raise
        await abort_uploads(self._bucket, object_key)
        await self._remainders.remove_all(key)

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        names = [self._bucket.object_key(source) for source in sources]
        sizes = [await object_size(self._bucket, name) for name in names]
        object_key = self._bucket.object_key(key)
        if not await has_arrived(self._bucket, object_key, size=sum(sizes)):
            concatenation = Concatenation(self._bucket, object_key, sending=self._joining)
            await concatenation.run(list(zip(names, sizes, strict=True)))
        await abort_uploads(self._bucket, object_key)

    async def _make(self, key: str, object_key: str, state: MultipartState, size: int) -> None:
        last = Part(await self._remainders.read(key, state.remainders))
        if state.upload is None or not state.parts:
            await put_object(self._bucket, object_key, last)
            return
        sent = [(part.number, PartReceipt(part.etag)) for part in state.parts]
        if last.size:
            sent.append((state.next, await send_part(self._bucket, object_key, state.upload, state.next, last)))
        await complete_upload(self._bucket, object_key, state.upload, sent, size=size)
