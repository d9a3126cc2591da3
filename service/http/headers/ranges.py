"""`Range` and `Content-Range` (RFC 9110, section 14)."""

import re

from domain.values.ranges import ByteRange, RangeSpec

MAX_SPECS = 1000

_SET = re.compile(r"bytes=(.*)", re.IGNORECASE | re.DOTALL)
_SPEC = re.compile(r"([0-9]*)-([0-9]*)")
# More digits than any size has; beyond them, a number is only "very large".
_MAX_DIGITS = 19


def parse_ranges(value: str) -> tuple[RangeSpec, ...]:
    """Return the ranges of a `Range` header; none where the header has to be ignored.

    It is ignored if its unit is not `bytes`, if it is malformed, or if it has more than 1,000 ranges.
    """
    if not value:
        return ()
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


def content_range(part: ByteRange, size: int) -> str:
    """Return the value of `Content-Range` for a part of `size` bytes (section 14.4)."""
    return f"bytes {part.start}-{part.end - 1}/{size}"


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
