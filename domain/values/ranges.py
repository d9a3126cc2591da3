"""Byte ranges (RFC 9110, section 14): the parts of a file that a reader asks for."""

import msgspec

from domain.values.errors import RangeNotSatisfiableError

# The most parts in one response, for each of them costs the store a request. A reader that asks for more gets the whole
# file, as for a malformed range (section 14.2).
MAX_PARTS = 64


class ByteRange(msgspec.Struct, frozen=True):
    """`length` bytes from `start` on. A length is never 0."""

    start: int
    length: int

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.start + self.length


class RangeSpec(msgspec.Struct, frozen=True):
    """A range as it is asked for: `first` to `last`, both inclusive, to the end without a `last`.

    Without a `first` it is the suffix of the last `last` bytes.
    """

    first: int | None
    last: int | None

    def resolve(self, size: int) -> ByteRange | None:
        """Return the part of `size` bytes that is meant, None if it is empty (section 14.1.2)."""
        if self.first is None:
            length = min(self.last or 0, size)
            return ByteRange(size - length, length) if length else None
        if self.first >= size:
            return None
        end = size if self.last is None else min(self.last + 1, size)
        return ByteRange(self.first, end - self.first)


def resolve_ranges(specs: tuple[RangeSpec, ...], size: int) -> tuple[ByteRange, ...]:
    """Return the parts of `size` bytes that are asked for; none where the whole is to be sent.

    Parts that overlap or touch become one, at the position of the first of them; the order is otherwise the one asked
    for (section 15.3.7.2). Empty ranges are left out. Raises `RangeNotSatisfiableError` if all are empty. The whole is
    sent instead of more than 64 parts, and for a suffix of an empty file, which `Content-Range` cannot express.
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
    for index, part in sorted(enumerate(asked), key=lambda each: each[1].start):
        if merged and part.start <= merged[-1][1].end:
            first_index, before = merged[-1]
            end = max(before.end, part.end)
            merged[-1] = (min(first_index, index), ByteRange(before.start, end - before.start))
        else:
            merged.append((index, part))
    return tuple(part for _, part in sorted(merged, key=lambda each: each[0]))
