"""One object made of others, inside the store where it can."""

from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

from anyio import CapacityLimiter, create_task_group

from adapters.s3.copying import COPY_SECONDS, source_may_be_gone
from adapters.s3.errors import s3_request
from adapters.s3.multipart import complete_upload, only_upload, send_part
from adapters.s3.objects import open_object, put_object
from adapters.s3.parts import LEAST_PART_SIZE, MAX_PARTS, Budget, Part
from domain.values.ranges import ByteRange

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# What S3 copies in about a second. More only where there would be too many parts.
_COPY_SIZE = 64 * 1024**2
_COPIES_AT_ONCE = 4


class Stretch(NamedTuple):
    """Consecutive bytes of an object."""

    object_key: str
    part: ByteRange


def plan(sources: Sequence[tuple[str, int]]) -> list[list[Stretch]]:
    """Return the parts that hold all bytes of the sources, objects and their sizes, in order.

    A part of one stretch of 5 MiB or more is one that S3 can copy. Others are to be read: they have the sources that
    are shorter, filled up to 5 MiB with the beginning of the next.
    """
    copied = max(_COPY_SIZE, 2 * sum(size for _, size in sources) // MAX_PARTS)
    parts: list[list[Stretch]] = []
    short: list[Stretch] = []
    for object_key, size in sources:
        start = 0
        while start < size:
            left, room = size - start, LEAST_PART_SIZE - sum(each.part.length for each in short)
            if not short and left >= LEAST_PART_SIZE:
                # A rest that were too short to be copied goes with it.
                length = left if left < copied + LEAST_PART_SIZE else copied
                parts.append([Stretch(object_key, ByteRange(start, length))])
            else:
                length = min(left, room)
                short.append(Stretch(object_key, ByteRange(start, length)))
                if length == room:
                    parts.append(short)
                    short = []
            start += length
    return [*parts, short] if short else parts


class Concatenation:
    """Makes one object. It copies up to four parts at once, and holds up to 5 MiB of each one that it reads."""

    def __init__(self, client: "S3Client", *, bucket: str, object_key: str, sending: Budget, patience: float) -> None:
        self._client = client
        self._bucket = bucket
        self._object_key = object_key
        self._sending = sending
        self._patience = patience
        self._at_once = CapacityLimiter(_COPIES_AT_ONCE)
        self._sent: dict[int, str] = {}

    async def run(self, sources: Sequence[tuple[str, int]]) -> None:
        """Make the object of the sources. After an error the upload is aborted, if the store answers in time."""
        parts = plan(sources)
        size = sum(size for _, size in sources)
        if size < LEAST_PART_SIZE:
            await self._put(parts[0] if parts else [], size)
            return
        async with only_upload(
            self._client, bucket=self._bucket, object_key=self._object_key, patience=self._patience
        ) as upload_id:
            await self._send_all(upload_id, parts)
            await complete_upload(
                self._client,
                bucket=self._bucket,
                object_key=self._object_key,
                upload_id=upload_id,
                sent=sorted(self._sent.items()),
                size=size,
                patience=self._patience,
            )

    async def _put(self, stretches: Sequence[Stretch], size: int) -> None:
        held = await self._sending.acquire(size)
        try:
            whole = await self._read(stretches)
            await put_object(
                self._client, bucket=self._bucket, object_key=self._object_key, whole=whole, patience=self._patience
            )
        finally:
            self._sending.release(held)

    async def _send_all(self, upload_id: str, parts: Sequence[Sequence[Stretch]]) -> None:
        failure: BaseException | None = None
        try:
            async with create_task_group() as group:
                for number, stretches in enumerate(parts, 1):
                    group.start_soon(self._send, upload_id, number, stretches)
        except BaseExceptionGroup as errors:
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure

    async def _send(self, upload_id: str, number: int, stretches: Sequence[Stretch]) -> None:
        async with self._at_once:
            first, *others = stretches
            if others or first.part.length < LEAST_PART_SIZE:
                self._sent[number] = await self._send_read(upload_id, number, stretches)
            else:
                self._sent[number] = await self._copy(upload_id, number, first)

    async def _send_read(self, upload_id: str, number: int, stretches: Sequence[Stretch]) -> str:
        held = await self._sending.acquire(sum(each.part.length for each in stretches))
        try:
            return await send_part(
                self._client,
                bucket=self._bucket,
                object_key=self._object_key,
                upload_id=upload_id,
                number=number,
                part=await self._read(stretches),
                patience=self._patience,
            )
        finally:
            self._sending.release(held)

    async def _copy(self, upload_id: str, number: int, stretch: Stretch) -> str:
        with s3_request(patience=max(self._patience, COPY_SECONDS)), source_may_be_gone():
            copied = await self._client.upload_part_copy(
                Bucket=self._bucket,
                Key=self._object_key,
                UploadId=upload_id,
                PartNumber=number,
                CopySource={"Bucket": self._bucket, "Key": stretch.object_key},
                CopySourceRange=f"bytes={stretch.part.start}-{stretch.part.end - 1}",
            )
        return copied["CopyPartResult"]["ETag"]

    async def _read(self, stretches: Sequence[Stretch]) -> Part:
        data = BytesIO()
        for object_key, part in stretches:
            async with open_object(
                self._client, bucket=self._bucket, object_key=object_key, part=part, patience=self._patience
            ) as chunks:
                async for chunk in chunks:
                    data.write(chunk)
        size = data.tell()
        data.seek(0)
        return Part(data, size)
