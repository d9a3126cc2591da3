"""Clients' connections, cut off where the server would wait for a client that takes nothing any more.

ASGI has no call for that: a server whose application gives up a response still keeps the connection until the client
has taken what was sent before. The operating system has one, for any holder of the socket.
"""

import fcntl
import os
import socket
import stat
import struct
import sys
import termios
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

from litestar.types import HTTPScope

# What is not sent yet is dropped, and the other end learns that this is no clean end.
_NO_LINGERING = struct.pack("ii", 1, 0)


def cut(scope: HTTPScope) -> None:
    """Cut off the connection that the request came by, if it is still there."""
    for connection in _connections_of(scope):
        _cut(connection)


def unsent_bytes(scope: HTTPScope) -> int | None:
    """Return how much the operating system holds for the client of the request; None where it does not tell."""
    for connection in _connections_of(scope):
        with suppress(OSError):
            return int.from_bytes(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    return None


def cut_all(port: int) -> int:
    """Cut off every connection that clients have to `port` of this process, and return how many there were."""
    count = 0
    for connection in _connections(port):
        _cut(connection)
        count += 1
    return count


def _connections_of(scope: HTTPScope) -> Iterator[socket.socket]:
    client, server = scope["client"], scope["server"]
    if client is not None and server is not None:
        for connection in _connections(server[1]):
            if _address(connection.getpeername()) == _address(client):
                yield connection


def _connections(port: int | None) -> Iterator[socket.socket]:
    for path in [*Path("/dev/fd").iterdir()]:
        with suppress(OSError), _duplicate(int(path.name)) as each:
            if each.family in {socket.AF_INET, socket.AF_INET6} and each.getsockname()[1] == port:
                each.getpeername()  # which a socket that listens has not
                yield each


def _duplicate(descriptor: int) -> socket.socket:
    # It stays what it is, whatever becomes of the original meanwhile.
    duplicate = os.dup(descriptor)
    if stat.S_ISSOCK(os.fstat(duplicate).st_mode):
        return socket.socket(fileno=duplicate)
    os.close(duplicate)
    raise OSError("It is no socket.")


def _address(name: Any) -> tuple[str, int]:
    # A socket for IPv6 has clients with IPv4 too, and either side its own way to write them.
    host = ip_address(str(name[0]).partition("%")[0])
    mapped = host.ipv4_mapped if isinstance(host, IPv6Address) else None
    return str(mapped or host), int(name[1])


def _cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
        connection.shutdown(socket.SHUT_RDWR)
