"""One append to a blob that arrives as a multipart upload."""

from collections import deque
from collections.abc import AsyncIterable, Sequence
from contextlib import suppress

import msgspec
from anyio import Lock, Semaphore, create_task_group, get_cancelled_exc_class, move_on_after
from anyio.abc import TaskGroup

from adapters.s3.bucket import S3Bucket
from adapters.s3.errors import upload_may_be_gone
from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.parts import LEAST_PART_SIZE, MAX_PARTS, OWN_BUDGET, PART_SIZE, Parts, part_size
from adapters.s3.multipart.remainders import Remainder, Remainders
from adapters.s3.multipart.requests import create_upload, send_part
from adapters.s3.multipart.state import PARTS_AHEAD, MultipartState, SentPart
from adapters.s3.part import Part
from domain.blobs.errors import BlobMissingError, BlobStoreRefusedError
from domain.blobs.partials import Checkpoint, InterruptibleBody, Progress
from domain.errors import FileportError

# A checkpoint is due after so many parts, or bytes. With the parts in flight meanwhile that is less than 64 MiB.
_CHECKPOINT_PARTS = PARTS_AHEAD // 2
_CHECKPOINT_SIZE = _CHECKPOINT_PARTS * PART_SIZE
# For the bytes that came before a cancellation.
_LAST_SECONDS = 10


class Appending:
    """Cuts a body into parts, sends several at once, and keeps a rest that is too short for one as a remainder.

    Parts may arrive in any order. `_state`, of `_size` bytes, only ever has those that arrived with all before them;
    so a checkpoint never has a hole. Up to `PARTS_AHEAD` parts are sent beyond the last checkpoint.
    """

    def __init__(
        self,
        bucket: S3Bucket,
        remainders: Remainders,
        key: str,
        *,
        memory: Budget,
        progress: Progress,
        checkpoint: Checkpoint,
    ) -> None:
        self._bucket = bucket
        self._remainders = remainders
        self._key = key
        self._object_key = bucket.object_key(key)
        self._memory = memory
        self._checkpoint = checkpoint
        self._state = MultipartState.of(progress)
        self._size = progress.size
        self._progress = progress
        # The remainders at the start, and those of them that are in no part that was cut.
        self._given = self._uncut = self._state.remainders
        self._stale = self._state.spent
        self._next = self._state.next
        self._cut_size = progress.size
        self._own = Budget(OWN_BUDGET)
        # The numbers of the parts that were cut and are not in `_state` yet, in order: in flight, or arrived.
        self._cut_numbers: deque[int] = deque()
        self._unsent: dict[int, Part] = {}
        self._arrived: dict[int, tuple[str, int]] = {}
        self._ahead = Semaphore(PARTS_AHEAD)
        self._unsaved = 0
        self._saving = Lock()
        self._rest: Part | None = None

    async def run(self, body: AsyncIterable[bytes]) -> Progress:
        """Append all of the body, and return the progress. Errors are as `PartialBlobs.append` has them."""
        interruptible = InterruptibleBody(body)
        parts = Parts(interruptible, self._memory)
        try:
            await self._append(parts)
        except get_cancelled_exc_class():
            # Parts that were in flight are sent again, under their numbers: they are the same.
            with move_on_after(_LAST_SECONDS, shield=True), suppress(FileportError):
                parts.end()
                await self._append(parts)
            raise
        finally:
            parts.close()
        if interruptible.failure is not None:
            raise interruptible.failure
        return self._progress

    async def _append(self, parts: Parts) -> None:
        try:
            with upload_may_be_gone():
                await self._send_all(parts)
                await self._keep_rest(parts)
        except BlobMissingError:
            # A former caller gets the same error, too, when its upload was completed.
            await self._checkpoint(self._progress)
            raise
        if self._size > self._progress.size:
            await self._save()

    async def _send_all(self, parts: Parts) -> None:
        failure: BaseException | None = None
        self._own = Budget(OWN_BUDGET)
        try:
            async with create_task_group() as group:
                for number, part in list(self._unsent.items()):
                    await self._spawn(group, number, part, gathering=0)
                await self._feed(group, parts)
        except BaseExceptionGroup as errors:
            # The first is the cause; it cancelled the others.
            failure = errors.exceptions[0]
        if failure is not None:
            raise failure

    async def _feed(self, group: TaskGroup, parts: Parts) -> None:
        while self._rest is None:
            size = part_size(self._next, sent=self._cut_size, expected=self._state.expected)
            gathering = await self._own.acquire(size)
            before = _total(self._uncut)
            # One byte at least, where a remainder was kept for a larger part.
            await parts.gather(max(0, max(1, size - before) - parts.gathered))
            if not parts.gathered or parts.gathered + before < _least(size):
                return
            await self._ahead.acquire()
            number, part = await self._cut_part(parts)
            await self._spawn(group, number, part, gathering=gathering)
            if parts.ended:
                return

    async def _cut_part(self, parts: Parts) -> tuple[int, Part]:
        if self._next > MAX_PARTS:
            raise BlobStoreRefusedError("The blob store takes no body of so many parts.")
        if self._state.upload is None:
            # A try whose answer was lost may have made another upload; `complete` and `abort` find it. It is not
            # aborted here, since it could be that of a later caller.
            created = await create_upload(self._bucket, self._object_key)
            self._state = msgspec.structs.replace(self._state, upload=created.id)
        before = await self._remainders.read(self._key, self._uncut)
        # From here on nothing awaits, so that a cancellation finds the bytes in `parts` or in `_unsent`.
        part = parts.take().following(before)
        self._cut_size += part.size - _total(self._uncut)
        self._uncut = ()
        number, self._next = self._next, self._next + 1
        self._cut_numbers.append(number)
        self._unsent[number] = part
        return number, part

    async def _spawn(self, group: TaskGroup, number: int, part: Part, *, gathering: int) -> None:
        if part.is_spooled:
            await self._send(number, part, gathering)
        else:
            group.start_soon(self._send, number, part, gathering)

    async def _send(self, number: int, part: Part, gathering: int) -> None:
        stored = await send_part(self._bucket, self._object_key, str(self._state.upload), number, part)
        del self._unsent[number]
        self._arrived[number] = stored.etag, part.size
        part.release()
        self._own.release(gathering)
        self._advance()
        if self._unsaved >= _CHECKPOINT_PARTS or self._size - self._progress.size >= _CHECKPOINT_SIZE:
            await self._save()

    def _advance(self) -> None:
        """Add the parts that arrived with all before them."""
        while self._cut_numbers and self._cut_numbers[0] in self._arrived:
            number = self._cut_numbers.popleft()
            etag, size = self._arrived.pop(number)
            # The first part takes in the remainders, whose bytes were counted before.
            self._size += size - _total(self._state.remainders)
            self._state = msgspec.structs.replace(
                self._state, parts=(*self._state.parts, SentPart(number, etag)), next=number + 1, remainders=()
            )
            self._unsaved += 1

    async def _save(self) -> None:
        async with self._saving:
            if self._size == self._progress.size:
                return
            spent = tuple(each for each in self._given if each not in self._state.remainders)
            progress = msgspec.structs.replace(self._state, spent=spent).progress(self._size)
            saved = self._unsaved
            await self._checkpoint(progress)
            self._progress = progress
            self._unsaved -= saved
            for _ in range(saved):
                self._ahead.release()
            stale, self._stale = self._stale, ()
        await self._remainders.remove(self._key, stale)

    async def _keep_rest(self, parts: Parts) -> None:
        """Keep the rest as a remainder, joined with those before it that are not twice as long: so they stay few."""
        if self._rest is None:
            if not parts.gathered:
                return
            self._rest = parts.take()
        kept, absorbed, size = list(self._state.remainders), list[Remainder](), self._rest.size
        while kept and kept[-1].size < 2 * size:
            absorbed.insert(0, kept.pop())
            size += absorbed[0].size
        before = await self._remainders.read(self._key, absorbed)
        remainder = await self._remainders.keep(self._key, self._rest.following(before))
        self._state = msgspec.structs.replace(self._state, remainders=(*kept, remainder))
        self._size += self._rest.size
        self._rest = None


def _least(size: int) -> int:
    """Return the least size of a part whose size should be `size`: smaller only while numbers are plenty."""
    return LEAST_PART_SIZE if size == PART_SIZE else size


def _total(remainders: Sequence[Remainder]) -> int:
    return sum(remainder.size for remainder in remainders)
