"""The open connections of a worker, and the limits that they share."""

from collections.abc import Callable
from typing import Protocol

# Unless a setting says otherwise.
MAX_CONNECTIONS = 2048
# Refused connections that may linger, so that their clients can read why.
_MAX_LINGERING = 128

# What all heads together may have beyond what each may have by itself.
MAX_HEADS_BYTES = 4 * 1024 * 1024
FREE_HEAD_BYTES = 8 * 1024


class Connection(Protocol):
    """One connection, which is a key of dictionaries here."""

    @property
    def is_dispensable(self) -> bool:
        """Whether nothing is lost with it but a request that has not come whole, or a response that nobody takes."""

    def dismiss(self) -> None:
        """End it in favour of another one."""

    def go_on(self) -> None:
        """Parse the head that waited for room."""


class Connections:
    """The connections of a worker, `limit` at most, and half as many of clients that have shown no valid key.

    A new one replaces the oldest that is dispensable, so that clients which only hold connections keep nobody out.
    `on_change` is called with the number of them.
    """

    def __init__(self, limit: int = MAX_CONNECTIONS, on_change: Callable[[int], None] = lambda _: None) -> None:
        self._limit = limit
        self._on_change = on_change
        self._strangers: dict[Connection, None] = {}
        self._known: dict[Connection, None] = {}
        self._lingering: set[Connection] = set()
        self._free_heads_bytes = MAX_HEADS_BYTES
        self._waiting: dict[Connection, None] = {}

    def admit(self, connection: Connection) -> bool:
        """Add a connection. Return False where there is no room, and no other one can be dismissed."""
        if len(self._strangers) >= max(1, self._limit // 2):
            has_room = _dismiss_oldest(self._strangers)
        elif len(self._strangers) + len(self._known) >= self._limit:
            has_room = _dismiss_oldest(self._strangers) or _dismiss_oldest(self._known)
        else:
            has_room = True
        if has_room:
            self._strangers[connection] = None
            self._tell_number()
        return has_room

    def authenticate(self, connection: Connection) -> None:
        """Count the connection among those whose client has shown a valid key."""
        if connection in self._strangers:
            del self._strangers[connection]
            self._known[connection] = None

    def may_linger(self, connection: Connection) -> bool:
        """Return whether a connection that is refused for want of room may stay open until its client has read why."""
        if len(self._lingering) >= _MAX_LINGERING:
            return False
        self._lingering.add(connection)
        return True

    def remove(self, connection: Connection) -> None:
        """Forget a connection that is lost."""
        self._strangers.pop(connection, None)
        self._known.pop(connection, None)
        self._lingering.discard(connection)
        self._waiting.pop(connection, None)
        self._tell_number()

    def reserve_head(self, connection: Connection, size: int) -> bool:
        """Take room for `size` more bytes of a head. Return False where the connection has to wait for some."""
        if self._free_heads_bytes < size:
            self._waiting[connection] = None
            return False
        self._waiting.pop(connection, None)
        self._free_heads_bytes -= size
        return True

    def release_head(self, size: int) -> None:
        """Give room back, and let those that wait try again."""
        self._free_heads_bytes += size
        for each in list(self._waiting):
            if each in self._waiting:
                each.go_on()

    def _tell_number(self) -> None:
        self._on_change(len(self._strangers) + len(self._known))


def _dismiss_oldest(connections: dict[Connection, None]) -> bool:
    oldest = next((each for each in connections if each.is_dispensable), None)
    if oldest is None:
        return False
    del connections[oldest]
    oldest.dismiss()
    return True
