"""The bytes of a connection, read into one buffer that all connections of a worker share."""

import asyncio
from typing import Protocol

from service.server.http1.sequential_flow import SequentialFlow

# uvloop would read 256 KB at once, which a paused connection would keep.
READ_BYTES = 64 * 1024
# Of a body for which the application waits: what one read takes, and what one of each request in flight may take.
_LARGEST_READ = 1024 * 1024
_SMALLEST_READ = 256 * 1024
_ALL_READS = 8 * 1024 * 1024

_buffer = bytearray(_LARGEST_READ)
_view = memoryview(_buffer)


def body_read_size(requests: int, last: int) -> int:
    """Return how many bytes of a body to read at once while so many requests are in flight, and `last` came last.

    Each read costs the event loop and the application the same, however much it brings. It is twice the last one at
    most, so that of many bodies that begin at once the first ones do not take much before the others have come.
    """
    return max(_SMALLEST_READ, min(_LARGEST_READ, _ALL_READS // max(1, requests), 2 * last))


class Receiving(Protocol):
    """The protocol behind a receiver."""

    def bytes_received(self, buffer: bytearray, size: int) -> None:
        """Take the first `size` bytes of `buffer`, which holds others once this returns."""

    def eof_received(self) -> bool:
        """Return whether the connection stays open, for the peer to receive more."""

    def connection_lost(self, exc: Exception | None) -> None: ...

    def pause_writing(self) -> None: ...

    def resume_writing(self) -> None: ...


class Receiver(asyncio.BufferedProtocol):
    """Takes the events of a transport for `protocol`, which is no `BufferedProtocol`."""

    def __init__(self, protocol: Receiving, flow: SequentialFlow) -> None:
        self._protocol = protocol
        self._flow = flow

    def eof_received(self) -> bool:
        return self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's own
        # A transport fills it and calls `buffer_updated` before any other can ask for it.
        return _view[: self._flow.read_size or READ_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        self._protocol.bytes_received(_buffer, nbytes)
