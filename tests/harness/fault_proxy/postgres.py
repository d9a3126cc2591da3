"""A proxy for PostgreSQL's protocol, version 3."""

import asyncio
import struct
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.harness.fault_proxy.exchange import Stream
from tests.harness.fault_proxy.proxy import FaultProxy, ProxiedExchange

_SSL_REQUEST = 80877103
_PROTOCOL_3 = 3 << 16
# What a client waits for an answer to: a query, a sync, a flush, a password, its goodbye.
_WAITED_FOR = b"QSHpX"
_READY = b"Z"
_NEEDS_NO_REPLY = (0, 12)


class Message(NamedTuple):
    """A message: its kind, its content, and both as they are on the line."""

    kind: bytes
    content: bytes
    raw: bytes


class PostgresProxy(FaultProxy):
    """Stands before the server of `dsn`. A request is known by the SQL that it executes, which may be `COMMIT;`.

    Other requests are known as `connect`, `authenticate`, `prepare` and `sync`.
    """

    def __init__(self, dsn: str) -> None:
        super().__init__()
        self._target = urlsplit(dsn)

    @property
    def dsn(self) -> str:
        """The DSN of the same database, through this proxy."""
        credentials = self._target.netloc.rpartition("@")[0]
        return self._target._replace(netloc=f"{credentials}@127.0.0.1:{self.port}", query="").geturl()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if sockets := parse_qs(self._target.query).get("host"):
            return await asyncio.open_unix_connection(f"{sockets[0]}/.s.PGSQL.5432")
        return await asyncio.open_connection(self._target.hostname, self._target.port)

    async def _serve(self, client: Stream, server: Stream) -> None:
        requests, answers = _Requests(client), _Answers(client, server)
        passing = asyncio.create_task(answers.pass_on())
        try:
            while exchange := await requests.next(answers, server):
                await client.send(await self._answer(exchange))
        finally:
            passing.cancel()


class _PostgresExchange(ProxiedExchange):
    def __init__(
        self, request: str, payload: bytes, ends: Callable[[Message], bool], answers: "_Answers", server: Stream
    ) -> None:
        super().__init__(request, payload, answers.client)
        self._ends = ends
        self._answers = answers
        self._server = server

    async def forward(self, payload: bytes | None = None) -> bytes:
        return await self._answers.ask(self.payload if payload is None else payload, self._ends)

    async def begin(self, size: int) -> None:
        await self._server.send(self.payload[:size])


class _Requests:
    """Reads a client's requests off the line."""

    def __init__(self, client: Stream) -> None:
        self._client = client
        self._prepared: dict[bytes, str] = {}
        self._bound = ""
        self._started = False

    async def next(self, answers: "_Answers", server: Stream) -> _PostgresExchange | None:
        """Return the next request, None where the client takes its leave."""
        if not self._started:
            self._started = True
            return await self._start(answers, server)
        payload, request = b"", ""
        while True:
            message = await _read(self._client.reader)
            payload += message.raw
            request = self._name(message) or request
            if message.kind in _WAITED_FOR:
                break
        if message.kind == b"X":
            return None
        ends = {b"p": _ends_start, b"H": _ends_description}.get(message.kind, _ends_query)
        return _PostgresExchange(request or "sync", payload, ends, answers, server)

    async def _start(self, answers: "_Answers", server: Stream) -> _PostgresExchange:
        while True:
            size = await self._client.reader.readexactly(4)
            rest = await self._client.reader.readexactly(int.from_bytes(size) - 4)
            (code,) = struct.unpack_from("!i", rest)
            if code != _SSL_REQUEST:
                request = "connect" if code == _PROTOCOL_3 else "cancel"
                return _PostgresExchange(request, size + rest, _ends_start, answers, server)
            await self._client.send(b"N")

    def _name(self, message: Message) -> str:
        match message.kind:
            case b"Q":
                return message.content[:-1].decode()
            case b"P":
                name, sql, _ = message.content.split(b"\0", 2)
                self._prepared[name] = sql.decode()
                return "prepare"
            case b"B":
                _, name, _ = message.content.split(b"\0", 2)
                self._bound = self._prepared[name]
            case b"E":
                return self._bound
            case b"p":
                return "authenticate"
        return ""


class _Answers:
    """Reads a server's answers. Messages that answer no request, such as a server's goodbye, are passed on at once."""

    def __init__(self, client: Stream, server: Stream) -> None:
        self.client = client
        self._server = server
        self._ends: Callable[[Message], bool] | None = None
        self._answer = b""
        self._whole = asyncio.Event()
        self._ended = False

    async def ask(self, payload: bytes, ends: Callable[[Message], bool]) -> bytes:
        """Return the answer to a request: up to the message that ends it, or to the connection's end."""
        self._answer, self._ends = b"", ends
        self._whole.clear()
        if not self._ended:
            await self._server.send(payload)
            await self._whole.wait()
        self._ends = None
        if self._ended:
            await self.client.send(self._answer)
            raise ConnectionResetError
        return self._answer

    async def pass_on(self) -> None:
        """Read until the connection ends."""
        try:
            while True:
                message = await _read(self._server.reader)
                if self._ends is None:
                    self.client.writer.write(message.raw)
                    continue
                self._answer += message.raw
                if self._ends(message):
                    self._whole.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            self._ended = True
            self._whole.set()
            if self._ends is None:
                self.client.writer.close()


async def _read(reader: asyncio.StreamReader) -> Message:
    head = await reader.readexactly(5)
    content = await reader.readexactly(int.from_bytes(head[1:]) - 4)
    return Message(head[:1], content, head + content)


def _ends_query(message: Message) -> bool:
    return message.kind == _READY


def _ends_description(message: Message) -> bool:
    return message.kind in b"TnE"


def _ends_start(message: Message) -> bool:
    wants_reply = message.kind == b"R" and int.from_bytes(message.content[:4]) not in _NEEDS_NO_REPLY
    return wants_reply or message.kind in b"ZE"
