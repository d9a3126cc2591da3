"""Ids of requests."""

import os
import struct

from domain.values.ids import id_text

# The operating system is asked for the randomness of many at once: to ask takes longer than all else of an id.
_RANDOM = struct.Struct("=HQ")
_AT_ONCE = 256


class RequestIds:
    """Makes ids, no two alike: not in threads, and not in processes that are forked."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def new(self) -> str:
        """Return a fresh UUIDv7."""
        while True:
            for high, low in self._numbers:
                return id_text(high << 64 | low)
            self._begin()

    def _begin(self) -> None:
        self._numbers = _RANDOM.iter_unpack(os.urandom(_RANDOM.size * _AT_ONCE))


REQUEST_IDS = RequestIds()
