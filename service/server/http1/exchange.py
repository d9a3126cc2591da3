"""One request and its response, as ASGI has them."""

import asyncio
import logging
from collections.abc import Callable, MutableSet
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT

from service.http.connection import ZERO_COPY_SEND
from service.server.http1.receiver import body_read_size
from service.server.http1.response_head import encode_head
from service.server.http1.sent_files import send_file
from service.server.http1.sequential_flow import SequentialFlow

log = logging.getLogger("uvicorn.error")

# A body up to so many bytes is copied behind its head: one piece for the operating system costs less than two.
_COPIED_BYTES = 16 * 1024
_FAILED = b"Internal Server Error"


class Exchange:
    """Runs the application for one request.

    The head of a response is sent with the first bytes of its body, in one call to the operating system: ASGI asks for
    that (HTTP, `http.response.start`). `send` returns once the client has room for more, so that nothing is read for
    one that takes nothing. Each byte of the request that came before a disconnect is received.

    `is_framed`: the client knows chunks, and that a connection goes on behind a response, as those of HTTP/1.0 do not.
    """

    __slots__ = (
        "_awaken",
        "_has_received_all",
        "_head",
        "_in_flight",
        "_is_awake",
        "_is_framed",
        "_last_size",
        "_on_complete",
        "_task",
        "body",
        "chunked_encoding",
        "disconnected",
        "expected_content_length",
        "flow",
        "is_head",
        "keep_alive",
        "more_body",
        "response_complete",
        "response_started",
        "scope",
        "transport",
        "waiting_for_100_continue",
    )

    def __init__(
        self,
        scope: Any,
        transport: asyncio.Transport,
        flow: SequentialFlow,
        *,
        is_framed: bool,
        keep_alive: bool,
        expects_continue: bool,
        on_complete: Callable[[], None],
    ) -> None:
        self.scope = scope
        self.transport = transport
        self.flow = flow
        self.keep_alive = keep_alive
        self.waiting_for_100_continue = expects_continue
        # By the method that was sent: the application may override it.
        self.is_head = scope["method"] == "HEAD"
        self._is_framed = is_framed
        self._on_complete: Callable[[], None] | None = on_complete

        self._task: asyncio.Task[None] | None = None
        self._in_flight: MutableSet[asyncio.Task[None]] = set()

        self.disconnected = False
        self.body: bytes | bytearray = b""
        self.more_body = True
        self._has_received_all = False
        self._last_size = 0
        self._is_awake = False
        self._awaken: asyncio.Event | None = None

        self.response_started = False
        self.response_complete = False
        self.chunked_encoding = False
        # None where the body ends with the connection.
        self.expected_content_length: int | None = 0
        self._head = b""

    @property
    def message_event(self) -> "Exchange":
        """What uvicorn's protocol sets to wake the application."""
        return self

    @property
    def ends_with_connection(self) -> bool:
        """Whether the end of the connection is the end of the response, which makes a part of it look complete."""
        return self.expected_content_length is None

    def set(self) -> None:
        """Have a `receive` that waits look again."""
        self._is_awake = True
        if self._awaken is not None:
            self._awaken.set()

    def add_body(self, data: bytes) -> None:
        """Add bytes of the request's body. Nothing more is read while too many wait."""
        if self.response_complete:
            return
        if not self.body:
            self.body = data
        elif isinstance(self.body, bytearray):
            self.body += data
        else:
            self.body = bytearray().join((self.body, data))
        if len(self.body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
        self.set()

    def end_body(self) -> None:
        """Say that the request has come whole."""
        if not self.response_complete:
            self.more_body = False
            self.set()

    def start(
        self, app: Any, loop: asyncio.AbstractEventLoop, tasks: MutableSet[asyncio.Task[None]]
    ) -> "asyncio.Task[None]":
        """Run the application in a task of its own, which is among the `tasks` until it ends.

        What the application raises, or leaves undone, ends the response, which is a 500 where none began.
        """
        self._in_flight = tasks
        task = self._task = loop.create_task(self._run(app))
        tasks.add(task)
        return task

    async def _run(self, app: Any) -> None:
        try:
            try:
                await app({**self.scope}, self.receive, self.send)
            except BaseException:
                log.exception("Exception in ASGI application")
            else:
                if self.response_complete or self.disconnected:
                    return
                log.error("ASGI callable returned without completing response.")
            if self.response_started:
                self.end_short()
            else:
                await self._send_failure()
        finally:
            # It refers to the connection, which refers to this.
            self._on_complete = None
            if self._task is not None:
                self._in_flight.discard(self._task)
                self._task = None

    async def receive(self) -> Any:
        if self.waiting_for_100_continue and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.waiting_for_100_continue = False
        if not self.disconnected and not self.response_complete:
            self.flow.resume_reading()
            if not self._is_awake:
                # The client may wait for it before it sends more.
                self.send_head()
                if self._awaken is None:
                    self._awaken = asyncio.Event()
                # Only a reader that waits for bytes gets many at once, so that bodies which nobody reads stay small.
                self.flow.read_size = body_read_size(len(self._in_flight), self._last_size)
                try:
                    await self._awaken.wait()
                finally:
                    self.flow.read_size = 0
            self._is_awake = False
            if self._awaken is not None:
                self._awaken.clear()
        has_all = self._has_received_all or (self.more_body and not self.body)
        if has_all and (self.disconnected or self.response_complete):
            self._has_received_all = True
            return {"type": "http.disconnect"}
        body, self.body = self.body, b""
        self._last_size = len(body)
        self._has_received_all = self._has_received_all or not self.more_body
        return {"type": "http.request", "body": bytes(body), "more_body": self.more_body}

    async def send(self, message: Any) -> None:
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        if not self.response_started:
            if message["type"] != "http.response.start":
                raise RuntimeError(f"Expected ASGI message 'http.response.start', but got '{message['type']}'.")
            self._begin(message["status"], message.get("headers", ()))
            return
        if self.response_complete:
            raise RuntimeError(f"Unexpected ASGI message '{message['type']}' sent, after response already completed.")
        if message["type"] == ZERO_COPY_SEND:
            await send_file(self, message)
            return
        if message["type"] != "http.response.body":
            raise RuntimeError(f"Expected ASGI message 'http.response.body', but got '{message['type']}'.")
        self._go_on(message.get("body", b""), is_last=not message.get("more_body", False))
        if self.flow.write_paused and not self.response_complete:
            await self.flow.drain()

    def send_head(self) -> None:
        """Send the head, if it waits for the body: what follows is not sent by `send`."""
        if self._head:
            self.transport.write(self._head)
            self._head = b""

    def count_body(self, size: int) -> None:
        """Count bytes of the body. Raises `RuntimeError` for more than the head has told."""
        if self.expected_content_length is not None:
            if size > self.expected_content_length:
                raise RuntimeError("Response content longer than Content-Length")
            self.expected_content_length -= size

    def end_short(self) -> None:
        """End the response where it is, and its connection once the client has received that."""
        self.send_head()
        self.transport.close()

    def _begin(self, status: int, fields: Any) -> None:
        head = encode_head(status, fields)
        self.response_started = True
        self.waiting_for_100_continue = False
        more = b""
        if head.closes:
            self.keep_alive = False
        elif not self.keep_alive:
            more = b"connection: close\r\n"
        data = head.data
        if head.is_chunked or (head.length is None and not self.is_head and status not in {204, 304}):
            if self._is_framed:
                self.chunked_encoding = True
                if not head.is_chunked:
                    more += b"transfer-encoding: chunked\r\n"
            else:
                data = data.replace(b"transfer-encoding: chunked\r\n", b"")
                self.expected_content_length = None
        else:
            self.expected_content_length = head.length or 0
        self._head = data + more + b"\r\n"

    def _go_on(self, body: bytes, *, is_last: bool) -> None:
        if self.is_head:
            self.expected_content_length = 0
            self.send_head()
        elif self.chunked_encoding:
            chunk = [b"%x\r\n" % len(body), body, b"\r\n"] if body else []
            if is_last:
                chunk.append(b"0\r\n\r\n")
            self._write(chunk)
        else:
            self.count_body(len(body))
            self._write([body])
        if is_last:
            if self.expected_content_length:
                raise RuntimeError("Response content shorter than Content-Length")
            self.response_complete = True
            self.set()
            if not self.keep_alive:
                self.transport.close()
            if self._on_complete is not None:
                self._on_complete()

    def _write(self, parts: list[bytes]) -> None:
        if self._head:
            parts.insert(0, self._head)
            self._head = b""
        if len(parts) == 1:
            if parts[0]:
                self.transport.write(parts[0])
        elif sum(map(len, parts)) <= _COPIED_BYTES:
            self.transport.write(b"".join(parts))
        else:
            self.transport.writelines(parts)

    async def _send_failure(self) -> None:
        fields = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_FAILED))]
        await self.send({"type": "http.response.start", "status": 500, "headers": [*fields, (b"connection", b"close")]})
        await self.send({"type": "http.response.body", "body": _FAILED})
