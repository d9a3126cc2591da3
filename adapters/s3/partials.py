"""Blobs in an S3 bucket that arrive in pieces."""

from collections.abc import AsyncIterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from adapters.s3.appending import Appending
from adapters.s3.concatenation import Concatenation
from adapters.s3.errors import PATIENCE_SECONDS, pieces_may_be_gone
from adapters.s3.listing import object_key_of
from adapters.s3.multipart import abort_uploads, complete_upload, has_arrived, send_part
from adapters.s3.objects import object_size, put_object
from adapters.s3.parts import Budget, Part
from adapters.s3.pieces import PARTS_AHEAD, Pieces
from adapters.s3.tails import Tails
from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.partials import Checkpoint, Progress

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client


class S3PartialBlobs:
    """Makes each blob of the parts of one multipart upload, which lasts from the first piece to the last.

    S3 takes parts of 5 MiB and more. What is shorter at the end of a piece is kept as a tail, an object of its own, and
    read again for the part that it becomes the beginning of; a blob that never had enough for a part is put whole.
    Tails are joined with a next one that is half as long or more, so that a byte is written again a few times at
    most, however short the pieces are. A piece of 8 MiB is one request.

    A kill leaves parts and tails that no progress has: they do not count, since only those count that `complete` names.
    Nor does what a former caller still writes: its tails have names of their own, and whoever takes over skips the part
    numbers that it may use. S3 minds no gaps. A part that it sends again under a number of its own has the same
    bytes. `complete` removes what is left over, and so does `abort`.

    Memory and patience are as in `S3BlobStore`, whose `sending` this is to share.
    """

    def __init__(
        self,
        client: "S3Client",
        bucket: str,
        prefix: str = "",
        *,
        sending: Budget,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._sending = sending
        self._patience = patience
        self._tails = Tails(client, bucket, prefix, patience=patience)

    async def begin(self, key: str, *, size: int | None = None) -> Progress:  # noqa: ARG002 - no key is needed yet
        return Pieces(expected=size).progress(0)

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
            self._client,
            self._tails,
            bucket=self._bucket,
            key=key,
            object_key=object_key_of(key, self._prefix),
            sending=self._sending,
            patience=self._patience,
            progress=progress,
            checkpoint=checkpoint,
        )
        return await appending.run(body)

    def fence(self, progress: Progress) -> Progress:
        pieces = Pieces.of(progress)
        # Without an upload there are no numbers to share: each caller makes its own.
        skipped = PARTS_AHEAD if pieces.upload else 0
        return msgspec.structs.replace(pieces, next=pieces.next + skipped).progress(progress.size)

    async def complete(self, key: str, progress: Progress) -> None:
        object_key = object_key_of(key, self._prefix)
        try:
            with pieces_may_be_gone():
                await self._make(key, object_key, Pieces.of(progress), progress.size)
        except (BlobStoreUnavailableError, BlobMissingError):
            if not await self._has_arrived(object_key, progress.size):
                raise
        await abort_uploads(self._client, bucket=self._bucket, object_key=object_key, patience=self._patience)
        await self._tails.remove_all(key)

    async def concatenate(self, key: str, sources: Sequence[str]) -> None:
        names = [object_key_of(source, self._prefix) for source in sources]
        sizes = [
            await object_size(self._client, bucket=self._bucket, object_key=name, patience=self._patience)
            for name in names
        ]
        object_key = object_key_of(key, self._prefix)
        if not await self._has_arrived(object_key, sum(sizes)):
            concatenation = Concatenation(
                self._client,
                bucket=self._bucket,
                object_key=object_key,
                sending=self._sending,
                patience=self._patience,
            )
            await concatenation.run(list(zip(names, sizes, strict=True)))
        await abort_uploads(self._client, bucket=self._bucket, object_key=object_key, patience=self._patience)

    async def _make(self, key: str, object_key: str, pieces: Pieces, size: int) -> None:
        data = await self._tails.read(key, pieces.tails)
        last = Part(data, data.tell())
        data.seek(0)
        if pieces.upload is None or not pieces.parts:
            await put_object(
                self._client, bucket=self._bucket, object_key=object_key, whole=last, patience=self._patience
            )
            return
        sent = [(part.number, part.etag) for part in pieces.parts]
        if last.size:
            etag = await send_part(
                self._client,
                bucket=self._bucket,
                object_key=object_key,
                upload_id=pieces.upload,
                number=pieces.next,
                part=last,
                patience=self._patience,
            )
            sent.append((pieces.next, etag))
        await complete_upload(
            self._client,
            bucket=self._bucket,
            object_key=object_key,
            upload_id=pieces.upload,
            sent=sent,
            size=size,
            patience=self._patience,
        )

    async def _has_arrived(self, object_key: str, size: int) -> bool:
        return await has_arrived(
            self._client, bucket=self._bucket, object_key=object_key, size=size, patience=self._patience
        )
