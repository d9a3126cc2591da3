"""What the S3 store tells the catalog of a blob that arrives in pieces."""

from typing import Self

import msgspec

from adapters.s3.tails import Tail
from domain.blobs.partials import Progress

# How many numbers beyond the next one an `append` may use before its checkpoint. Whoever takes over skips them.
PARTS_AHEAD = 8


class SentPart(msgspec.Struct, frozen=True, array_like=True):
    """A part that arrived. A number may have been used for other bytes before; the ETag says which count."""

    number: int
    etag: str


class Pieces(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a multipart upload, and the `tails` behind them, all in order: 45 bytes of JSON a part.

    `next` is the number for the next part, `expected` how long the whole will be, where that is known. `spent` are the
    tails of the progress before this one, which are kept for who goes back to it.
    """

    upload: str | None = None
    parts: tuple[SentPart, ...] = ()
    next: int = 1
    tails: tuple[Tail, ...] = ()
    spent: tuple[Tail, ...] = ()
    expected: int | None = None

    @classmethod
    def of(cls, progress: Progress) -> Self:
        """Return what the store told in `progress`."""
        return msgspec.convert(progress.state, cls)

    def progress(self, size: int) -> Progress:
        """Tell them, with the number of their bytes."""
        return Progress(size=size, state=msgspec.to_builtins(self))
