"""One large body, up or down, by a blocking socket: it costs the client little more than the system calls."""

import socket
import time
import uuid
from typing import Self

import msgspec

from bench.clients.connection import HOST, request
from bench.clients.requests import LoadError

MEBIBYTE = 1024 * 1024
_HEAD_LIMIT = 64 * 1024
_BUFFER = 4 * MEBIBYTE
# Linux drops what is received with this flag, so that the client copies nothing.
_DROP = getattr(socket, "MSG_TRUNC", 0)
# So long only where a server hangs.
_STUCK_SECONDS = 300


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """Where a body comes from, or goes to; a `{}` in the path becomes something of its own."""

    port: int
    path: str
    headers: dict[str, str] = {}

    def unique(self) -> "Target":
        return msgspec.structs.replace(self, path=self.path.replace("{}", uuid.uuid4().hex))


class TransferConnection:
    """A connection for one transfer."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._socket = socket.create_connection((HOST, target.port), timeout=_STUCK_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def upload(self, chunk: bytes, chunks: int, *, until: float = float("inf")) -> int:
        """Send `chunk` so many times as one body, and return the bytes sent; give up at `until`, in monotonic time."""
        length = len(chunk) * chunks
        head = request("PUT", self._target.path, Content_Length=length, **_fields(self._target))
        self._socket.sendall(head)
        for number in range(chunks):
            if time.monotonic() > until:
                return number * len(chunk)
            self._socket.sendall(chunk)
        rest, size = self._answered()
        self._drop(size - len(rest), until)
        return length

    def download(self, *, until: float = float("inf")) -> int:
        """Receive a body, drop it as it comes, and return how many bytes came; give up at `until`."""
        self._socket.sendall(request("GET", self._target.path, **_fields(self._target)))
        rest, size = self._answered()
        return size - self._drop(size - len(rest), until)

    def _drop(self, left: int, until: float) -> int:
        buffer = memoryview(bytearray(_BUFFER))
        while left and time.monotonic() < until:
            received = self._socket.recv_into(buffer, min(left, _BUFFER), _DROP)
            if not received:
                raise LoadError(f"The answer ended {left} bytes early.")
            left -= received
        return left

    def _answered(self) -> tuple[bytes, int]:
        """Return what came of the body with the head, and the body's length."""
        head = b""
        while b"\r\n\r\n" not in head and len(head) < _HEAD_LIMIT:
            received = self._socket.recv(_HEAD_LIMIT)
            if not received:
                raise LoadError("The connection ended before the answer.")
            head += received
        head, _, rest = head.partition(b"\r\n\r\n")
        _, found, length = head.lower().partition(b"\r\ncontent-length:")
        if not head.startswith(b"HTTP/1.1 2") or not found:
            raise LoadError(f"{self._target.path} was answered: {head.decode()}")
        return rest, int(length.partition(b"\r\n")[0])


def upload(target: Target, chunk: bytes, chunks: int) -> float:
    """Return the seconds from the request to the answer."""
    with TransferConnection(target) as connection:
        begun = time.monotonic()
        connection.upload(chunk, chunks)
        return time.monotonic() - begun


def download(target: Target, size: int) -> float:
    """Return the seconds from the request to the last byte."""
    with TransferConnection(target) as connection:
        begun = time.monotonic()
        if (length := connection.download()) != size:
            raise LoadError(f"{target.path} has {length} bytes, not {size}.")
        return time.monotonic() - begun


def _fields(target: Target) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in target.headers.items()}
