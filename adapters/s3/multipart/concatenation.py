"""One object made of others, by copies inside the store where they are long enough."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

from anyio import CapacityLimiter, create_task_group

from adapters.s3.bucket import S3Bucket
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import LEAST_PART_SIZE, MAX_PARTS
from adapters.s3.multipart.requests import PartReceipt, complete_upload, copy_part, only_upload, send_part
from adapters.s3.objects import OpenObject, put_object
from adapters.s3.part import Part
from domain.values.ranges import ByteRange

# S3 copies so much in about a second. More only where there would be too many parts.
_COPY_SIZE = 64 * 1024**2
_COPIES_AT_ONCE = 4


class Stretch(NamedTuple):
    """Consecutive bytes of an object."""

    object_key: str
    part: ByteRange


def plan(sources: Sequence[tuple[str, int]]) -> list[list[Stretch]]:
    """Return the parts that hold all bytes of the sources, objects and their sizes, in order.

    S3 can copy a part that is one stretch of 5 MiB or more. Other parts are read and sent: they hold the shorter
    sources, filled up to 5 MiB with the beginning of the next.
    """
    copied = max(_COPY_SIZE, 2 * sum(size for _, size in sources) // MAX_PARTS)
    parts: list[list[Stretch]] = []
    short: list[Stretch] = []
    for object_key, size in sources:
        start = 0
        while start < size:
            left, room = size - start, LEAST_PART_SIZE - sum(each.part.length for each in short)
            if not short and left >= LEAST_PART_SIZE:
                # A rest that would be too short to be copied goes with it.
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
    """Makes one object of others. It copies up to four parts at once, and holds up to 5 MiB of each that it reads."""

    def __init__(self, bucket: S3Bucket, object_key: str, *, sending: Budget) -> None:
        self._bucket = bucket
        self._object_key = object_key
        self._sending = sending
        self._at_once = CapacityLimiter(_COPIES_AT_ONCE)
        self._sent: dict[int, PartReceipt] = {}

    async def run(self, sources: Sequence[tuple[str, int]]) -> None:
        """Make the object of the sources. After an error the upload is aborted, if the store answers in time."""
        parts = plan(sources)
        size = sum(size for _, size in sources)
        if size < LEAST_PART_SIZE:
            async with self._reading(parts[0] if parts else []) as whole:
                await put_object(self._bucket, self._object_key, whole)
            return
        async with only_upload(self._bucket, self._object_key) as upload:
            await self._send_all(upload.id, parts)
            sent = sorted(self._sent.items())
            await complete_upload(self._bucket, self._object_key, upload.id, sent, size=size)

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
                async with self._reading(stretches) as part:
                    self._sent[number] = await send_part(self._bucket, self._object_key, upload_id, number, part)
            else:
                self._sent[number] = await copy_part(
                    self._bucket, first.object_key, self._object_key, upload_id, number, part=first.part
                )

    @asynccontextmanager
    async def _reading(self, stretches: Sequence[Stretch]) -> AsyncIterator[Part]:
        """Read the stretches into one part, and count it as being sent until the context ends."""
        held = await self._sending.acquire(sum(each.part.length for each in stretches))
        try:
            data: list[bytes] = []
            for object_key, part in stretches:
                async with OpenObject(self._bucket, object_key, part) as chunks:
                    data += [chunk async for chunk in chunks]
            yield Part(data)
        finally:
            self._sending.release(held)
