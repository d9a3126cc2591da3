"""A keep-alive HTTP/1.1 connection that does little else than send and receive, so that the server is measured."""

import asyncio
from typing import Self

HOST = "127.0.0.1"
_BUFFER = 1024 * 1024


def request(method: str, path: str, **headers: object) -> bytes:
    """Return a request's head. `Upload_Offset` stands for `Upload-Offset`."""
    fields = {"Host": HOST, **headers}
    lines = (f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{''.join(lines)}\r\n".encode()


class Connection:
    """One request at a time; anything but an answer of 2xx ends the measurement."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection(HOST, port, limit=_BUFFER))

    async def ask(self, head: bytes, body: bytes = b"") -> bytes:
        """Send a request and return the answer's body."""
        self._writer.write(head + body)
        return await self._body()

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def _body(self) -> bytes:
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        if not head.startswith(b"http/1.1 2"):
            raise RuntimeError(f"The server answered: {head.decode()}")
        _, found, rest = head.partition(b"\r\ncontent-length:")
        if not found and b"\r\ntransfer-encoding: chunked" in head:
            return await self._chunked()
        return await self._reader.readexactly(int(rest.partition(b"\r\n")[0]) if found else 0)

    async def _chunked(self) -> bytes:
        body = b""
        while size := int((await self._reader.readuntil(b"\r\n")).strip(), 16):
            body += (await self._reader.readexactly(size + 2))[:-2]
        await self._reader.readexactly(2)
        return body
