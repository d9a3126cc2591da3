"""The parts of blobs that arrive in numbered parts."""

import msgspec


class StoredPart(msgspec.Struct, frozen=True, kw_only=True):
    """A part whose bytes, `size` of them, are durable.

    They are at the place of its number, for which the blob store gave a `receipt`, or under a `key` of their own.
    """

    number: int
    size: int
    key: str | None = None
    receipt: str = ""


def place_of(number: int, size: int, part_size: int | None) -> int | None:
    """Return the offset at which a part of `size` bytes lies where all parts before it have `part_size` bytes.

    None where it has no place among parts of that size.
    """
    if part_size is None or size > part_size:
        return None
    return (number - 1) * part_size
