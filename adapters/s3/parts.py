"""Cutting a body into parts, and how many bytes of them may be held."""

from collections import deque
from collections.abc import AsyncIterable
from io import BytesIO
from typing import NamedTuple

from anyio import Event

PART_SIZE = 8 * 1024**2
# S3's own limits. The store takes 10,000 parts of up to 5 GiB, all but the last of at least 5 MiB.
MAX_PARTS = 10_000
LEAST_PART_SIZE = 5 * 1024**2
_PARTS_BEFORE_DOUBLING = 1_000
_PARTS_FOR_GROWTH = 100


def part_size(number: int, *, sent: int, expected: int | None) -> int:
    """Return the size of part `number`, from 1, of a body of which `sent` bytes are gone and `expected` in all.

    Parts have 8 MiB. Where more of them than S3 takes would be needed for `expected`, from 78 GiB on, they grow with
    what was sent, by a hundredth of it, up to an equal share of what is left: 560 MiB for 5 TiB, S3's largest object.
    A length that is only claimed costs no memory. Where no length is known, or more came than was known, they double
    every 1,000 numbers, up to a hundredth of what was sent, so that 5 TiB fits too: 64 MiB each from 55 GiB on, 512 MiB
    from 500 GiB on.
    """
    if expected is not None and sent < expected:
        share = -(-(expected - sent) // max(1, MAX_PARTS - number + 1))
        return max(PART_SIZE, min(share, sent // _PARTS_FOR_GROWTH))
    return max(PART_SIZE, min(PART_SIZE << (number - 1) // _PARTS_BEFORE_DOUBLING, sent // _PARTS_FOR_GROWTH))


class Part(NamedTuple):
    """Consecutive bytes of a body."""

    data: BytesIO
    size: int


class Parts:
    """Cuts `body` into parts of the sizes asked for, whatever the length of its chunks.

    It hands each part over once and keeps no reference, so that a part's memory ends with its sending.
    """

    def __init__(self, body: AsyncIterable[bytes]) -> None:
        self._chunks = aiter(body)
        self._rest = memoryview(b"")
        self._part = BytesIO()
        self._is_cut = False
        self.ended = False

    @property
    def gathered(self) -> int:
        """How many bytes are waiting to be taken."""
        return self._part.tell()

    async def gather(self, size: int) -> None:
        """Gather the next `size` bytes, fewer only at the end. `ended` then says whether they are the last."""
        left = size
        while not self.ended:
            taken = self._rest[:left]
            self._part.write(taken)
            left -= len(taken)
            self._rest = self._rest[len(taken) :]
            if not self._rest:
                await self._advance()
            if not left:
                break

    def end(self) -> None:
        """Take no more of the body than was read of it."""
        self._is_cut = True

    def take(self) -> Part:
        """Hand over what was gathered."""
        part = Part(self._part, self.gathered)
        self._part = BytesIO()
        part.data.seek(0)
        return part

    async def _advance(self) -> None:
        if not self._is_cut:
            async for chunk in self._chunks:
                if chunk:
                    self._rest = memoryview(chunk)
                    return
        self.ended = True


class _Waiting(NamedTuple):
    amount: int
    granted: Event


class Budget:
    """Bytes that may be held at once. Whoever waits is served in the order of coming.

    What is larger than the whole budget gets all of it.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._waiting: deque[_Waiting] = deque()
        self.held = 0
        self.peak = 0

    async def acquire(self, amount: int) -> int:
        """Wait for `amount`, and return what to give back: less, where it is more than there is."""
        waiting = _Waiting(min(amount, self._total), Event())
        self._waiting.append(waiting)
        self._serve()
        try:
            await waiting.granted.wait()
        except BaseException:
            if waiting.granted.is_set():
                self.release(waiting.amount)
            else:
                self._waiting.remove(waiting)
                self._serve()
            raise
        return waiting.amount

    def release(self, amount: int) -> None:
        """Give back what `acquire` returned."""
        self.held -= amount
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self.held + self._waiting[0].amount <= self._total:
            waiting = self._waiting.popleft()
            self.held += waiting.amount
            self.peak = max(self.peak, self.held)
            waiting.granted.set()
