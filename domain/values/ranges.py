"""Byte ranges (RFC 9110, section 14): which parts of a file a reader asks for."""

import re

import msgspec

from domain.values.errors import RangeNotSatisfiableError

# One answer has no more parts than this, for each of them costs the store a request. Whoever asks for more gets the
# whole file, as for a range that is not understood (section 14.2).
MAX_PARTS = 64
MAX_SPECS = 1000

_SET = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
# More digits than any size has; beyond them, a number is only "very large".
_MAX_DIGITS = 19


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


def parse_ranges(value: str) -> tuple[RangeSpec, ...]:
    """Return the ranges of a `Range` header; none where it is to be ignored.

    It is ignored whose unit is not `bytes`, whose syntax is broken, or that has more than 1,000 ranges.
    """
    found = _SET.fullmatch(value.strip(" \t"))
    if found is None or found[1].count(",") >= MAX_SPECS:
        return ()
    specs: list[RangeSpec] = []
    for each in found[1].split(","):
        if text := each.strip(" \t"):
            spec = _parse_spec(text)
            if spec is None:
                return ()
            specs.append(spec)
    return tuple(specs)


def _parse_spec(text: str) -> RangeSpec | None:
    match = _SPEC.fullmatch(text)
    if match is None:
        return None
    first, last = _number(match[1]), _number(match[2])
    if first is None and last is None:
        return None
    if first is not None and last is not None and last < first:
        return None
    return RangeSpec(first, last)


def _number(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return int(digits) if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


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
