"""One body, sent in parts."""

from anyio import create_task_group
from anyio.abc import TaskGroup

from adapters.s3.bucket import S3Bucket
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import MAX_PARTS, OWN_BUDGET, Parts, part_size
from adapters.s3.multipart.requests import CreatedUpload, PartReceipt, complete_upload, only_upload, send_part
from adapters.s3.part import Part
from domain.blobs.errors import BlobStoreUnavailableError


class MultipartUpload:
    """Sends the parts of one body as one object, up to four at once; of those that went to the disk, one at a time."""

    def __init__(self, bucket: S3Bucket, object_key: str) -> None:
        self._bucket = bucket
        self._object_key = object_key
        self._own = Budget(OWN_BUDGET)
        self._sent: dict[int, PartReceipt] = {}
        self._size = 0

    async def run(self, parts: Parts, *, expected: int | None) -> None:
        """Send the gathered part and all that follow.

        An error of the body comes out unchanged. After any error the upload is aborted, if the store answers in time.
        """
        async with only_upload(self._bucket, self._object_key, with_crc32=True) as upload:
            await self._send_all(upload, parts, expected)
            sent = sorted(self._sent.items())
            await complete_upload(self._bucket, self._object_key, upload.id, sent, size=self._size)

    async def _send_all(self, upload: CreatedUpload, parts: Parts, expected: int | None) -> None:
        failure: BaseException | None = None
        try:
            async with create_task_group() as group:
                await self._feed(group, upload, parts, expected)
        except BaseExceptionGroup as errors:
            # The first is the cause; it cancelled the others.
            failure = errors.exceptions[0]
        if failure is not None:
            # Outside of the handler, so that the error stays as it was raised, its context too.
            raise failure

    async def _feed(self, group: TaskGroup, upload: CreatedUpload, parts: Parts, expected: int | None) -> None:
        gathering = await self._own.acquire(parts.gathered)
        for number in range(1, MAX_PARTS + 1):
            part = parts.take()
            self._size += part.size
            if part.is_spooled:
                await self._send(upload, number, part, gathering)
            else:
                group.start_soon(self._send, upload, number, part, gathering)
            if parts.ended:
                return
            size = part_size(number + 1, sent=self._size, expected=expected)
            gathering = await self._own.acquire(size)
            await parts.gather(size)
        raise BlobStoreUnavailableError("The blob store takes no body of so many parts.")

    async def _send(self, upload: CreatedUpload, number: int, part: Part, gathering: int) -> None:
        self._sent[number] = await send_part(
            self._bucket, self._object_key, upload.id, number, part, has_crc32=upload.has_crc32
        )
        part.release()
        self._own.release(gathering)
