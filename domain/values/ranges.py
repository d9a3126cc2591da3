"""Byte ranges (RFC 9110, section 14): which parts of a file a reader asks for."""

import msgspec

from domain.values.errors import RangeNotSatisfiableError

# One answer has no more parts than this, for each of them costs the store a request. Whoever asks for more gets the
# whole file, as for a range that is not understood (section 14.2).
MAX_PARTS = 64


class ByteRange(msgspec.Struct, frozen=True):
    """`length` bytes from `start` on. A length is never 0."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The place behind the last byte."""
        return self.start + self.length


class RangeSpec(msgspec.Struct, frozen=True):
    """A range as it is asked for: `first` to `last`, both inclusive, to the end without a `last`.

    Without a `first` it is the suffix of the last `last` bytes.
    """

    first: int | None
    last: int | None

    def resolve(self, size: int) -> ByteRange | None:
        """Return what of `size` bytes is meant, None where that is nothing (section 14.1.2)."""
        if self.first is None:
            length = min(self.last or 0, size)
            return ByteRange(size - length, length) if length else None
        if self.first >= size:
            return None
        end = size if self.last is None else min(self.last + 1, size)
        return ByteRange(self.first, end - self.first)


def resolve_ranges(specs: tuple[RangeSpec, ...], size: int) -> tuple[ByteRange, ...]:
    """Return the parts of `size` bytes that are asked for; none where the whole is to be sent.

    Parts that overlap or touch become one, in the place of the first of them; else the order is the one asked for
    (section 15.3.7.2). Ranges that mean nothing are left out; raises `RangeNotSatisfiableError` where all are. The
    whole is sent where there are more than 64 parts, and for a suffix of nothing, which no `Content-Range` can say.
    """
    if not specs:
        return ()
    if not size and any(spec.first is None and spec.last for spec in specs):
        return ()
    asked = [part for spec in specs if (part := spec.resolve(size))]
    if not asked:
        raise RangeNotSatisfiableError("None of the ranges lies in the file.", size=size)
    parts = _coalesce(asked)
    return () if len(parts) > MAX_PARTS else parts


def _coalesce(asked: list[ByteRange]) -> tuple[ByteRange, ...]:
    merged: list[tuple[int, ByteRange]] = []
    for place, part in sorted(enumerate(asked), key=lambda each: each[1].start):
        if merged and part.start <= merged[-1][1].end:
            first_place, before = merged[-1]
            end = max(before.end, part.end)
            merged[-1] = (min(first_place, place), ByteRange(before.start, end - before.start))
        else:
            merged.append((place, part))
    return tuple(part for _, part in sorted(merged, key=lambda each: each[0]))
