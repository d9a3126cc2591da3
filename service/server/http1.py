"""HTTP/1.1 connections: uvicorn's, with what ASGI has no words for, and held to limits before a request is known."""

import asyncio
import fcntl
import socket
import struct
import sys
import termios
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.server.connections import EXTENSION
from service.server.request_head import RefusedError, answer_to, check_head, origin_form, refusal_of, too_large

log = structlog.get_logger()

HEAD_SECONDS = 30.0
# Upload-Metadata alone may have 256 KiB.
MAX_SECTION_BYTES = 400 * 1024
MAX_FIELDS = 100
# For a client to read a refusal before the connection goes.
LINGER_SECONDS = 2.0
# How long a client that takes nothing is waited for, once its answer is complete.
STALLED_SECONDS = 30.0

# What is not sent yet is dropped, and the other end learns that this is no clean end.
_NO_LINGERING = struct.pack("ii", 1, 0)


class _RequestConnection:
    """The connection as one request has it: a `service.server.connections.Connection`."""

    def __init__(self, protocol: "Http1Protocol") -> None:
        self._protocol = protocol
        self.trailers: list[tuple[bytes, bytes]] = []

    @property
    def unsent(self) -> int:
        return self._protocol.unsent

    def cut(self) -> None:
        self._protocol.cut()

    def break_off(self) -> None:
        self._protocol.break_off()


class _Unchunked:
    """A transport to a client of HTTP/1.0, which knows no chunks: a body of unknown length ends with the connection.

    uvicorn writes the head in one call, and each chunk in one.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._is_head = True
        self._is_chunked = False

    def write(self, data: bytes) -> None:
        if self._is_head:
            self._is_head = False
            head = data.replace(b"transfer-encoding: chunked\r\n", b"")
            self._is_chunked = head != data
            self._transport.write(head)
        elif self._is_chunked and data:
            size, _, rest = data.partition(b"\r\n")
            self._transport.write(rest[: int(size, 16)])
        else:
            self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Http1Protocol(HttpToolsProtocol):
    """One connection.

    A head comes within `HEAD_SECONDS`; heads and trailer sections have `MAX_SECTION_BYTES` and `MAX_FIELDS` at most.
    What breaks that, or the grammar, is answered with a problem, and the connection ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The head or the trailers of the request that is read, and the bytes fed amid one.
        self._section: list[tuple[bytes, bytes]] = []
        self._section_bytes = 0
        self._trailers: list[tuple[bytes, bytes]] = []
        self._is_in_head = False
        self._answering: RequestResponseCycle | None = None
        self._is_refused = False
        self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def unsent(self) -> int:
        """How many bytes wait here, and in the operating system, for the client to take them."""
        if self._is_lost:
            return 0
        kept = 0
        with suppress(OSError):
            kept = int.from_bytes(fcntl.ioctl(self._socket(), termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        return kept + self.transport.get_write_buffer_size()

    def cut(self) -> None:
        """End the connection at once, whatever waits, so that the client sees that this is no clean end."""
        if not self._is_lost:
            self._disconnect()
            with suppress(OSError):
                self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGERING)
            self.transport.abort()

    def break_off(self) -> None:
        """End the connection once the client has taken what was sent, which is no whole answer."""
        unanswered = self._unanswered
        if unanswered is not None and isinstance(unanswered.transport, _Unchunked):
            # The connection's end may be the answer's, too.
            self.cut()
        elif not self._is_lost:
            self._disconnect()
            self.transport.close()
            self._wait_for_client()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._wait(HEAD_SECONDS, self._give_head_up)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._wait_no_more()
        self._unset_keepalive_if_required()
        self._disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        self._section_bytes += len(data)
        try:
            self._feed(data)
        except httptools.HttpParserError as error:
            self._refuse(refusal_of(error))
            return
        if self._section_bytes > MAX_SECTION_BYTES:
            self._refuse(too_large(f"more than {MAX_SECTION_BYTES} bytes"))
        elif self._unanswered is not None:
            self._wait_no_more()
        elif self._timer is None:
            self._wait(HEAD_SECONDS, self._give_head_up)

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
            # The parser takes what follows for another protocol, though it may be a body. No upgrade is taken here,
            # as a server may (RFC 9110, section 7.8), so the head is read again as that of any request.
            head = b" ".join([self.parser.get_method(), self.url, b"HTTP/" + self.parser.get_http_version().encode()])
            fields = [name + b": " + value for name, value in self.headers if name != b"upgrade"]
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
            data = b"\r\n".join([head, *fields, b"", b""]) + rest

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection = _RequestConnection(self)
        self.scope["extensions"] = {EXTENSION: connection}  # type: ignore[dict-item] # one of our own
        self._trailers = connection.trailers
        self._section = self.headers
        self._is_in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if len(self._section) >= MAX_FIELDS:
            raise too_large(f"more than {MAX_FIELDS} fields")
        if self._is_in_head:
            super().on_header(name, value)
        else:
            self._trailers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self._asks_for_upgrade:
            return
        self._section_bytes = 0
        self._section = self._trailers
        self._is_in_head = False
        check_head(self.parser.get_method(), self.parser.get_http_version(), self.headers)
        if not self.url.startswith(b"/"):
            self.url = origin_form(self.url)
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0":
            self.cycle.transport = cast(asyncio.Transport, _Unchunked(self.transport))
            self.cycle.waiting_for_100_continue = False

    def on_body(self, body: bytes) -> None:
        self._section_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._asks_for_upgrade:
            self._section_bytes = 0
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._wait_for_client()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._wait_for_client()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._wait_for_client()

    def _refuse(self, refusal: RefusedError) -> None:
        self._is_refused = True
        log.info("connection refused", status=refusal.status.value, reason=refusal.detail)
        unanswered = self._unanswered
        if unanswered is not None and not unanswered.more_body:
            # That request is whole. It is answered, and then the connection ends.
            unanswered.keep_alive = False
            return
        if unanswered is not None:
            self._disconnect()
            if unanswered.response_started:
                self.cut()
                return
        self.transport.write(answer_to(refusal))
        # Closed at once under a client that still sends, the connection would be reset and the answer lost.
        self.transport.write_eof()
        self._wait(LINGER_SECONDS, self.cut)

    @property
    def _asks_for_upgrade(self) -> bool:
        # CONNECT counts as one.
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, partial(_run, app, cycle))

    @property
    def _unanswered(self) -> RequestResponseCycle | None:
        return None if self._answering is None or self._answering.response_complete else self._answering

    def _disconnect(self) -> None:
        # uvicorn tells the request that came last, though one before it may be the one that is answered.
        if (unanswered := self._unanswered) is not None:
            unanswered.disconnected = True
            unanswered.message_event.set()

    def _give_head_up(self) -> None:
        self._timer = None
        if self._is_in_head:
            self._refuse(RefusedError(HTTPStatus.REQUEST_TIMEOUT, "The head did not come in time."))
        else:
            self.transport.close()
            self._wait_for_client()

    def _wait_for_client(self) -> None:
        # The transport closes once the client has taken all; one that never does would be waited for without end.
        self._wait(STALLED_SECONDS, self._look_whether_taken, self.unsent)

    def _look_whether_taken(self, before: int) -> None:
        if self.unsent == before:
            log.info("connection cut", reason="the client took too long to take the answer")
            self.cut()
        else:
            self._wait_for_client()

    def _wait(self, seconds: float, then: Any, *args: Any) -> None:
        self._wait_no_more()
        self._timer = self.loop.call_later(seconds, then, *args)

    def _wait_no_more(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _socket(self) -> Any:
        return self.transport.get_extra_info("socket")


async def _run(app: Any, cycle: RequestResponseCycle, scope: Any, receive: Any, send: Any) -> None:
    """Run `app` on what is its own, and give it all that came before a disconnect, which uvicorn keeps back."""
    is_ended = False

    async def receive_all() -> Any:
        nonlocal is_ended
        message = await receive()
        if message["type"] == "http.disconnect" and not is_ended and (cycle.body or not cycle.more_body):
            message = {"type": "http.request", "body": bytes(cycle.body), "more_body": cycle.more_body}
            cycle.body = bytearray()
        is_ended = is_ended or not message.get("more_body", False)
        return message

    # The application may take the request for one of another method; its answer is framed by the method that it has.
    await app({**scope}, receive_all, send)
