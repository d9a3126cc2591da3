"""The parts of a body, and their sizes."""

from collections.abc import AsyncIterable

from adapters.s3.multipart.budget import Budget
from adapters.s3.multipart.gathering import Gathering
from adapters.s3.part import Part

PART_SIZE = 8 * 1024**2
# One upload's: the part that is being gathered, and three that are being sent.
OWN_BUDGET = 4 * PART_SIZE
# S3's own limits. The store takes 10,000 parts of up to 5 GiB, all but the last of at least 5 MiB.
MAX_PARTS = 10_000
LEAST_PART_SIZE = 5 * 1024**2
_PARTS_BEFORE_DOUBLING = 1_000
_PARTS_FOR_GROWTH = 100


def part_size(number: int, *, sent: int, expected: int | None) -> int:
    """Return the size of part `number`, from 1, after `sent` bytes of a body of `expected` bytes.

    Parts have 8 MiB. Where `expected` would need more of them than S3 takes, from 78 GiB on, they grow to a
    hundredth of `sent`, up to an equal share of the rest: 560 MiB for 5 TiB, S3's largest object.
    A length that is only claimed costs no memory. Where no length is known, or more came than was known, they double
    every 1,000 numbers, up to a hundredth of `sent`, so that 5 TiB fits too: 64 MiB each from 55 GiB on, 512 MiB
    from 500 GiB on.
    """
    if expected is not None and sent < expected:
        share = -(-(expected - sent) // max(1, MAX_PARTS - number + 1))
        return max(PART_SIZE, min(share, sent // _PARTS_FOR_GROWTH))
    return max(PART_SIZE, min(PART_SIZE << (number - 1) // _PARTS_BEFORE_DOUBLING, sent // _PARTS_FOR_GROWTH))


class Parts:
    """Cuts `body` into parts of the sizes asked for, whatever the length of its chunks; `memory` is for what they hold.

    It hands each part over once. The caller releases a part when it is sent; `close` releases those that never were.
    """

    def __init__(self, body: AsyncIterable[bytes], memory: Budget) -> None:
        self._chunks = aiter(body)
        self._chunk = b""
        # Where in the chunk the bytes begin that were not gathered yet.
        self._at = 0
        self._gathering = Gathering(memory)
        self._taken: list[Part] = []
        self._is_cut = False
        self.ended = False

    @property
    def gathered(self) -> int:
        """The number of bytes that can be taken."""
        return self._gathering.size

    async def gather(self, size: int) -> None:
        """Gather the next `size` bytes, fewer only at the end. `ended` then says whether they are the last."""
        left = size
        while not self.ended:
            whole, at = self._chunk, self._at
            piece = whole if not at and len(whole) <= left else memoryview(whole)[at : at + left]
            self._at += len(piece)
            left -= len(piece)
            self._gathering.add(piece)
            if self._gathering.is_spill_due():
                await self._gathering.spill()
            if self._at == len(whole):
                await self._advance()
            if not left:
                break

    def end(self) -> None:
        """Read no more of the body."""
        self._is_cut = True

    def take(self) -> Part:
        """Hand over the bytes that were gathered."""
        part = self._gathering.take()
        self._taken = [*(each for each in self._taken if not each.is_released), part]
        return part

    def close(self) -> None:
        """Release all that was gathered, handed over or not."""
        for part in (*self._taken, self._gathering.take()):
            part.release()

    async def _advance(self) -> None:
        if not self._is_cut:
            async for chunk in self._chunks:
                if chunk:
                    self._chunk, self._at = chunk, 0
                    return
        self.ended = True
