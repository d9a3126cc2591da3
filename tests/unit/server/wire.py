"""A server of one application on a socket, and a client that writes bytes."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from service.http.connection import trailers
from service.server.http1.protocol import Http1Protocol
from service.server.http1.refusals import Refusals

GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
PUT = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
# As Java's client asks, of every server, for HTTP/2.
UPGRADE = b"PUT / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n"
Application = Callable[[Any, Any, Any], Awaitable[None]]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with what came, of the length that is known, but for `/chunked`."""
    body, message = b"", {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
    fields = [[part.decode() for part in field] for field in trailers(scope)]
    host = next((value.decode() for name, value in scope["headers"] if name == b"host"), None)
    told = {"path": scope["path"], "body": body.decode(), "trailers": fields, "host": host, "scheme": scope["scheme"]}
    answer = json.dumps(told).encode()
    length = [] if scope["path"] == "/chunked" else [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": length})
    await send({"type": "http.response.body", "body": answer[:5], "more_body": True})
    await send({"type": "http.response.body", "body": answer[5:]})


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def ask(self, *data: bytes) -> tuple[int, dict[bytes, bytes], Any]:
        """Send, and return the status, the fields and the JSON of the answer."""
        for each in data:
            self.writer.write(each)
            await self.writer.drain()
        return await self.answer()

    async def answer(self) -> tuple[int, dict[bytes, bytes], Any]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        line, *lines = head.strip().split(b"\r\n")
        fields = dict(each.lower().split(b": ", 1) for each in lines)
        body = await self.reader.readexactly(int(fields[b"content-length"]))
        return int(line.split()[1]), fields, json.loads(body)

    def reset(self) -> None:
        """End the connection at once, in both directions."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def rest(self) -> bytes:
        """Return what comes until the server ends the connection in order."""
        taken = bytearray()
        while piece := await self.reader.read(2**16):
            taken += piece
        return bytes(taken)

    async def until_reset(self) -> int:
        """Return how many bytes come until the server resets the connection."""
        taken = 0
        while True:
            try:
                piece = await self.reader.read(2**16)
            except ConnectionResetError:
                return taken
            assert piece, "The connection ended in order."
            taken += len(piece)


@asynccontextmanager
async def connect(
    app: Application = echo,
    *,
    keep_alive: float = 60,
    protocol: type[Http1Protocol] = Http1Protocol,
    refusals: Refusals | None = None,
) -> AsyncIterator[Client]:
    """Open a connection to a server of `app`."""
    loop = asyncio.get_running_loop()
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        timeout_keep_alive=keep_alive,  # type: ignore[arg-type] # seconds of any kind
        access_log=False,
        log_config=None,
        log_level="error",
    )
    state = ServerState()
    server = await loop.create_server(
        lambda: protocol(config=config, server_state=state, app_state={}, _loop=loop, refusals=refusals), "127.0.0.1"
    )
    async with asyncio.timeout(60), server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        try:
            yield Client(reader, writer)
        finally:
            writer.close()
            await asyncio.gather(*state.tasks)
            with suppress(OSError):
                await writer.wait_closed()
