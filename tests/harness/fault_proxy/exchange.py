"""A request on its way through a proxy, and its answer on the way back."""

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Protocol

_LINGER_NOT = struct.pack("ii", 1, 0)


class CutError(Exception):
    """Both connections end here, whatever they were in the middle of. With `reset`, not in good order either."""

    def __init__(self, *, reset: bool = True) -> None:
        super().__init__()
        self.reset = reset


class Exchange(Protocol):
    """One request. `request` describes it in a line, `payload` is all of it as the client sent it."""

    request: str
    payload: bytes

    async def forward(self, payload: bytes | None = None) -> bytes:
        """Give the server the request, or its replacement, and return the server's whole answer."""
        ...

    async def begin(self, size: int) -> None:
        """Give the server the first `size` bytes of the request and no more."""
        ...

    async def reply(self, part: bytes) -> None:
        """Give the client a part of an answer."""
        ...

    async def until_over(self) -> None:
        """Wait until the fault that has hold of this request is switched off."""
        ...


Effect = Callable[[Exchange], Awaitable[bytes]]
"""What a fault does with a request: returns the answer that the client gets, or raises `CutError`."""


class Stream:
    """One side of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def reset(self) -> None:
        """End it as a machine does that does not know of it any more."""
        connection = self.writer.get_extra_info("socket")
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        self.writer.transport.abort()
