"""The state of a multipart upload, which the catalog keeps between the appends to a blob."""

from typing import Self

import msgspec

from adapters.s3.multipart.remainders import Remainder
from domain.blobs.partials import Progress

# How many numbers beyond the next one an `append` may use before its checkpoint. The next caller skips them.
PARTS_AHEAD = 8


class SentPart(msgspec.Struct, frozen=True, array_like=True):
    """A part that arrived. A number may have been used for other bytes before; the ETag says which count."""

    number: int
    etag: str


class MultipartState(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a multipart upload, and the `remainders` behind them, all in order: 45 bytes of JSON a part.

    `next` is the number for the next part, `expected` the length of the whole, where that is known. `spent` are the
    remainders of the progress before this one, which are kept for a caller that returns to it.
    """

    upload: str | None = None
    parts: tuple[SentPart, ...] = ()
    next: int = 1
    # Uploads that are open have the older name in their rows.
    remainders: tuple[Remainder, ...] = msgspec.field(default=(), name="tails")
    spent: tuple[Remainder, ...] = ()
    expected: int | None = None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Return the state in `progress`."""
        return msgspec.convert(progress.state, cls)

    def progress(self, size: int) -> Progress:
        """Return the progress with this state and its number of bytes."""
        return Progress(size=size, state=msgspec.to_builtins(self))
