"""A client that sends any bytes at any time, on a connection of its own, and reads only when told to."""

import asyncio
import socket
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import msgspec

from tests.support.clients import ROOT_KEY

_PIECE = 64 * 1024


class RawClient:
    """One connection to a server."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def connect(cls, url: str) -> Self:
        address = urlsplit(url)
        connection = socket.socket()
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
        return cls(connection)

    @property
    def port(self) -> int:
        """The client's port."""
        return int(self._connection.getsockname()[1])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    async def say(self, line: str, *headers: str) -> None:
        """Send the head of a request, with the key unless `headers` have another one."""
        key = (
            [] if any(each.startswith("Authorization:") for each in headers) else [f"Authorization: Bearer {ROOT_KEY}"]
        )
        head = (f"{line} HTTP/1.1", "Host: x", *key, *headers, "", "")
        await self.send("\r\n".join(head).encode())

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._connection, data)

    async def take(self) -> bytes:
        """Return the next bytes, none once the server has ended the connection in any way."""
        try:
            return await self._loop.sock_recv(self._connection, _PIECE)
        except ConnectionResetError:
            return b""

    async def take_all(self) -> bytes:
        """Return all that comes until the server ends the connection."""
        taken = b""
        while piece := await self.take():
            taken += piece
        return taken

    async def problem(self) -> tuple[bytes, dict[str, Any]]:
        """Return the head, in lower case, and the problem of an answer that tells its length."""
        answer = b""
        while b"\r\n\r\n" not in answer and (piece := await self.take()):
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        head = head.lower()
        length = int(head.partition(b"content-length: ")[2].split()[0])
        while len(body) < length and (piece := await self.take()):
            body += piece
        return head, msgspec.json.decode(body)
