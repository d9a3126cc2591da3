"""Room in a bucket with a quota."""

import msgspec


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """Room to reserve: for a file of `size` bytes under that name, and `ahead` bytes more as far as they fit."""

    bucket: str
    name: str
    size: int
    ahead: int = 0
