"""HTTP/1.1 as S3 clients speak it: bodies go from the socket into their place, and from there to the socket."""

import asyncio
from collections import deque
from typing import cast
from urllib.parse import unquote, urlsplit

from bench.s3_stand_in.answers import Answer, answer, not_found
from bench.s3_stand_in.store import Store

_HEAD_LIMIT = 64 * 1024
_WRITE = 1024 * 1024


class Request:
    """A request's head; `body` has room for its whole body."""

    def __init__(self, head: bytes, store: Store) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, target, _ = lines[0].split(" ", 2)
        url = urlsplit(target)
        _, _, key = url.path.removeprefix("/").partition("/")
        self.key = unquote(key)
        self.query = dict(pair.partition("=")[::2] for pair in url.query.split("&") if pair)
        fields = (line.partition(":") for line in lines[1:])
        self.headers = {name.lower(): value.strip() for name, _, value in fields}
        self.body = store.buffer(int(self.headers.get("content-length", "0")))


class Protocol(asyncio.BufferedProtocol):
    """One connection."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._transport: asyncio.Transport | None = None
        self._head = memoryview(bytearray(_HEAD_LIMIT))
        self._head_length = 0
        self._request: Request | None = None
        self._received = 0
        self._unsent: deque[memoryview] = deque()
        self._is_paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=4 * _WRITE)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002
        if self._request is None:
            return self._head[self._head_length :]
        return memoryview(self._request.body)[self._received :]

    def buffer_updated(self, nbytes: int) -> None:
        if self._request is None:
            self._head_length += nbytes
            self._take_head()
        else:
            self._received += nbytes
        if self._request is not None and self._received == len(self._request.body):
            request, self._request = self._request, None
            self._respond(request)

    def pause_writing(self) -> None:
        self._is_paused = True

    def resume_writing(self) -> None:
        self._is_paused = False
        self._send()

    def _take_head(self) -> None:
        received = bytes(self._head[: self._head_length])
        head, found, rest = received.partition(b"\r\n\r\n")
        if not found:
            return
        self._request = request = Request(head, self._store)
        assert len(rest) <= len(request.body), "clients of S3 do not pipeline"
        request.body[: len(rest)] = rest
        self._received, self._head_length = len(rest), 0
        if "expect" in request.headers and not rest and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _respond(self, request: Request) -> None:
        try:
            found = answer(self._store, request)
        except KeyError:
            found = not_found(request.method)
        self._write(found)

    def _write(self, found: Answer) -> None:
        fields = "".join(f"{name}: {value}\r\n" for name, value in found.headers.items())
        head = f"HTTP/1.1 {found.status} .\r\nContent-Length: {found.length}\r\n{fields}\r\n".encode()
        if sum(map(len, found.body)) <= _WRITE:
            head = b"".join((head, *found.body))
        else:
            self._unsent.extend(
                body[start : start + _WRITE] for body in found.body for start in range(0, len(body), _WRITE)
            )
        if self._transport is not None:
            self._transport.write(head)
            self._send()

    def _send(self) -> None:
        while self._unsent and not self._is_paused and self._transport is not None:
            self._transport.write(self._unsent.popleft())
