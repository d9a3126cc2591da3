"""One piece of a blob on its way into S3."""

from collections import deque
from collections.abc import AsyncIterable
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

import msgspec
from anyio import Lock, Semaphore, create_task_group, get_cancelled_exc_class, move_on_after
from anyio.abc import TaskGroup

from adapters.s3.errors import pieces_may_be_gone
from adapters.s3.multipart import OWN_BUDGET, create_upload, send_part
from adapters.s3.parts import LEAST_PART_SIZE, MAX_PARTS, PART_SIZE, Budget, Part, Parts, part_size
from adapters.s3.pieces import PARTS_AHEAD, Pieces, SentPart
from adapters.s3.tails import Tail, Tails
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError
from domain.blobs.partials import Checkpoint, InterruptibleBody, Progress
from domain.errors import FileportError

if TYPE_CHECKING:
    from types_aiobotocore_s3.client import S3Client

# A checkpoint is due after so many parts, or bytes. With what is sent meanwhile that is less than 64 MiB.
_CHECKPOINT_PARTS = PARTS_AHEAD // 2
_CHECKPOINT_SIZE = _CHECKPOINT_PARTS * PART_SIZE
# For what came before a cancellation.
_LAST_SECONDS = 10


class Appending:
    """Cuts a body into parts, sends several at once, and keeps what is too short for one as a tail.

    Parts may arrive in any order. `_pieces`, of `_size` bytes, only ever has those that arrived with all before them;
    so a checkpoint never has a hole. Up to `PARTS_AHEAD` parts are sent beyond the last checkpoint.
    """

    def __init__(
        self,
        client: "S3Client",
        tails: Tails,
        *,
        bucket: str,
        key: str,
        object_key: str,
        sending: Budget,
        patience: float,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> None:
        self._client = client
        self._tails = tails
        self._bucket = bucket
        self._key = key
        self._object_key = object_key
        self._sending = sending
        self._patience = patience
        self._checkpoint = checkpoint
        self._pieces = Pieces.of(progress)
        self._size = progress.size
        self._progress = progress
        self._given = self._open_tails = self._pieces.tails
        self._stale = self._pieces.spent
        self._next = self._pieces.next
        self._cut = progress.size
        self._own = Budget(OWN_BUDGET)
        self._on_their_way = 0
        # The parts that were cut and are not in `_pieces` yet, in order: those on their way, and those that arrived.
        self._order: deque[int] = deque()
        self._waiting: dict[int, Part] = {}
        self._arrived: dict[int, tuple[str, int]] = {}
        self._ahead = Semaphore(PARTS_AHEAD)
        self._unsettled = 0
        self._settling = Lock()
        self._rest: Part | None = None

    async def run(self, body: AsyncIterable[bytes]) -> Progress:
        """Append all of the body, and return the progress. Errors are as `PartialBlobs.append` has them."""
        interruptible = InterruptibleBody(body)
        parts = Parts(interruptible)
        try:
            await self._append(parts)
        except get_cancelled_exc_class():
            # Parts that were on their way are sent again, under their numbers: they are the same.
            with move_on_after(_LAST_SECONDS, shield=True), suppress(FileportError):
                parts.end()
                await self._append(parts)
            raise
        if interruptible.failure is not None:
            raise interruptible.failure
        return self._progress

    async def _append(self, parts: Parts) -> None:
        try:
            with pieces_may_be_gone():
                await self._send_all(parts)
                await self._keep_rest(parts)
        except BlobMissingError:
            # So it is for a former caller, too, when its pieces were used up.
            await self._checkpoint(self._progress)
            raise
        if self._size > self._progress.size:
            await self._settle()

    async def _send_all(self, parts: Parts) -> None:
        failure: BaseException | None = None
        self._own = Budget(OWN_BUDGET)
        try:
            async with create_task_group() as group:
                for number, part in list(self._waiting.items()):
                    await self._spawn(group, number, part, gathering=0)
                await self._feed(group, parts)
        except BaseExceptionGroup as errors:
            # The first is the cause; it cancelled the others.
            failure = errors.exceptions[0]
        finally:
            # A task that is cancelled before its first step gives nothing back.
            self._sending.release(self._on_their_way)
            self._on_their_way = 0
        if failure is not None:
            raise failure

    async def _feed(self, group: TaskGroup, parts: Parts) -> None:
        while self._rest is None:
            size = part_size(self._next, sent=self._cut, expected=self._pieces.expected)
            gathering = await self._own.acquire(size)
            tail = sum(each.size for each in self._open_tails)
            # One byte at least, where a tail was kept for parts that were to be larger.
            await parts.gather(max(0, max(1, size - tail) - parts.gathered))
            if not parts.gathered or parts.gathered + tail < _least(size):
                return
            await self._ahead.acquire()
            number, part = await self._cut_part(parts)
            await self._spawn(group, number, part, gathering=gathering)
            if parts.ended:
                return

    async def _cut_part(self, parts: Parts) -> tuple[int, Part]:
        if self._next > MAX_PARTS:
            raise BlobStoreRefusedError("The blob store takes no body of so many parts.")
        if self._pieces.upload is None:
            # A try whose answer was lost may have made another upload; `complete` and `abort` find it. It is not
            # aborted here, where it could be that of a caller who took over.
            upload, _ = await create_upload(
                self._client, bucket=self._bucket, object_key=self._object_key, patience=self._patience
            )
            self._pieces = msgspec.structs.replace(self._pieces, upload=upload)
        before = await self._tails.read(self._key, self._open_tails)
        # From here on nothing waits, so that a cancellation finds the bytes here or there.
        part = _joined(before, parts.take())
        self._cut += part.size - sum(tail.size for tail in self._open_tails)
        self._open_tails = ()
        number, self._next = self._next, self._next + 1
        self._order.append(number)
        self._waiting[number] = part
        return number, part

    async def _spawn(self, group: TaskGroup, number: int, part: Part, *, gathering: int) -> None:
        sending = await self._sending.acquire(part.size)
        self._on_their_way += sending
        group.start_soon(self._send, number, part, gathering, sending)

    async def _send(self, number: int, part: Part, gathering: int, sending: int) -> None:
        part.data.seek(0)
        etag = await send_part(
            self._client,
            bucket=self._bucket,
            object_key=self._object_key,
            upload_id=str(self._pieces.upload),
            number=number,
            part=part,
            patience=self._patience,
        )
        del self._waiting[number]
        self._arrived[number] = etag, part.size
        self._on_their_way -= sending
        self._sending.release(sending)
        self._own.release(gathering)
        self._take_in()
        if self._unsettled >= _CHECKPOINT_PARTS or self._size - self._progress.size >= _CHECKPOINT_SIZE:
            await self._settle()

    def _take_in(self) -> None:
        """Add the parts that arrived with all before them."""
        while self._order and self._order[0] in self._arrived:
            number = self._order.popleft()
            etag, size = self._arrived.pop(number)
            # The first part takes in the tails, whose bytes were counted before.
            self._size += size - sum(tail.size for tail in self._pieces.tails)
            self._pieces = msgspec.structs.replace(
                self._pieces, parts=(*self._pieces.parts, SentPart(number, etag)), next=number + 1, tails=()
            )
            self._unsettled += 1

    async def _settle(self) -> None:
        async with self._settling:
            if self._size == self._progress.size:
                return
            spent = tuple(tail for tail in self._given if tail not in self._pieces.tails)
            progress = msgspec.structs.replace(self._pieces, spent=spent).progress(self._size)
            settled = self._unsettled
            await self._checkpoint(progress)
            self._progress = progress
            self._unsettled -= settled
            for _ in range(settled):
                self._ahead.release()
            stale, self._stale = self._stale, ()
        await self._tails.remove(self._key, stale)

    async def _keep_rest(self, parts: Parts) -> None:
        """Keep what is left as a tail, together with those before it that are not twice as long: so they stay few."""
        if self._rest is None:
            if not parts.gathered:
                return
            self._rest = parts.take()
        kept, absorbed, size = list(self._pieces.tails), list[Tail](), self._rest.size
        while kept and kept[-1].size < 2 * size:
            absorbed.insert(0, kept.pop())
            size += absorbed[0].size
        before = await self._tails.read(self._key, absorbed)
        tail = await self._tails.keep(self._key, _joined(before, self._rest))
        self._pieces = msgspec.structs.replace(self._pieces, tails=(*kept, tail))
        self._size += self._rest.size
        self._rest = None


def _least(size: int) -> int:
    """Return how long a part must be where `size` would be right: shorter only while there are numbers enough."""
    return LEAST_PART_SIZE if size == PART_SIZE else size


def _joined(before: BytesIO, part: Part) -> Part:
    if not before.tell():
        return part
    with part.data.getbuffer() as view:
        before.write(view)
    size = before.tell()
    before.seek(0)
    return Part(before, size)
