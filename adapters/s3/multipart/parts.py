"""The parts of a body, and their sizes."""

from collections.abc import AsyncIterable
from io import BytesIO

from adapters.s3.part import Part

PART_SIZE = 8 * 1024**2
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
        """The number of bytes that can be taken."""
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
        """Read no more of the body."""
        self._is_cut = True

    def take(self) -> Part:
        """Hand over the bytes that were gathered."""
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
