"""The TCP socket under a transport, for which asyncio has no calls: its unsent bytes, and its reset."""

import asyncio
import fcntl
import os
import socket
import struct
import sys
import termios
from contextlib import suppress
from typing import Any

# On, for zero seconds: closing drops unsent bytes and sends a reset.
_NO_LINGER = struct.pack("ii", 1, 0)


def unsent_bytes(transport: asyncio.Transport) -> int:
    """Return the number of bytes that wait in the transport and in the operating system for the peer to take them."""
    in_kernel = 0
    with suppress(OSError):
        in_kernel = int.from_bytes(fcntl.ioctl(_socket(transport), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return in_kernel + transport.get_write_buffer_size()


def reset(transport: asyncio.Transport) -> None:
    """Drop all unsent bytes and reset the connection, so that the peer cannot take this for a clean end."""
    with suppress(OSError):
        _socket(transport).setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


def send_file(transport: asyncio.Transport, file: int, offset: int, count: int) -> int:
    """Have the operating system send up to `count` bytes of a file, from `offset` on, and return how many it took.

    That is 0 where it has no room, where the file ends, and where the connection is lost, which the transport finds,
    too. The transport must hold no bytes. Raises `OSError` for an error of the file.
    """
    try:
        return os.sendfile(_socket(transport).fileno(), file, offset, count)
    except (BlockingIOError, ConnectionError, TimeoutError):
        return 0


def _socket(transport: asyncio.Transport) -> Any:
    return transport.get_extra_info("socket")
