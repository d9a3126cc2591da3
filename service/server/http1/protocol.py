"""The HTTP/1.1 protocol: uvicorn's, with limits on heads, strict refusals, trailers, and ends that ASGI lacks."""

import asyncio
from http import HTTPStatus
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.server import tcp
from service.server.connections import FREE_HEAD_BYTES, Connections
from service.server.deadline import Deadline
from service.server.http1.exchange import Exchange
from service.server.http1.message_end import MessageEnd
from service.server.http1.receiver import Receiver
from service.server.http1.refusals import Refusals, RequestRefusedError
from service.server.http1.request_connection import RequestConnection
from service.server.http1.request_head import (
    MAX_TARGET_BYTES,
    begin_scope,
    check_head,
    crowded,
    head_without_upgrade,
    refusal_of,
    too_large,
    too_long,
)
from service.server.http1.sequential_flow import SequentialFlow
from service.server.stall import StallWatch

log = structlog.get_logger()

HEAD_SECONDS = 30.0
# Upload-Metadata alone may have 256 KiB.
MAX_SECTION_BYTES = 400 * 1024
MAX_FIELDS = 100
# How long the connection lingers after a refusal, so that the client can read it.
LINGER_SECONDS = 2.0
# How long a large head waits for room.
WAIT_SECONDS = 3.0
# How long a client may take no bytes of a response. A transport closes only once it has taken all: perhaps never.
STALLED_SECONDS = 60.0
# With more bytes than these behind a request in flight, a connection reads no more until the response is complete.
MAX_QUEUED_BYTES = 4 * 1024


class Http1Protocol(HttpToolsProtocol):
    """One connection.

    Requests are parsed one at a time: those that a client sends ahead wait as bytes, and only a few. A client that has
    ended its side of the connection still gets its responses.

    A head must arrive within `HEAD_SECONDS` of its first byte; heads and trailer sections are limited to
    `MAX_SECTION_BYTES` and `MAX_FIELDS`. A request that breaks these limits, or the grammar, gets a problem, and its
    connection is closed.
    """

    def __init__(
        self,
        *args: Any,
        refusals: Refusals | None = None,
        connections: Connections | None = None,
        stalled_seconds: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._refusals = refusals or Refusals()
        self._others = connections or Connections()
        self._reserved_head_bytes = 0
        stalled = stalled_seconds or STALLED_SECONDS
        self._stall = StallWatch(stalled, lambda: self.unsent, self.cut, lambda: self.client and self.client[0])
        # The head or trailer section that is being parsed, and the bytes fed to the parser since it began.
        self._section: list[tuple[bytes, bytes]] = []
        self._section_bytes = 0
        self._trailers: list[tuple[bytes, bytes]] = []
        self._is_in_head = False
        self._message_end = MessageEnd()
        self.cycle: Exchange  # type: ignore[assignment] # uvicorn's has the same attributes
        self._queued = b""
        self._has_eof = False
        self._is_refused = False
        self._is_lost = False
        # Whether the next request may take its time.
        self._is_idle = False
        self._deadline = Deadline(self.loop)

    @property
    def unsent(self) -> int:
        """The number of bytes that wait here, and in the operating system, for the client to receive them."""
        return 0 if self._is_lost else self._flow.unsent_file_bytes + tcp.unsent_bytes(self.transport)

    def cut(self) -> None:
        """Reset the connection at once and drop all unsent bytes, so that the client sees an error."""
        if not self._is_lost:
            self._tell_disconnect()
            tcp.reset(self.transport)

    def truncate_response(self) -> None:
        """Close the connection once the client has received all unsent bytes, which are a part of the response."""
        in_flight = self._in_flight
        if in_flight is not None and in_flight.ends_with_connection:
            self.cut()
        elif not self._is_lost:
            self._tell_disconnect()
            if in_flight is not None:
                in_flight.send_head()
            self.transport.close()
            self._stall.start()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.flow = self._flow = SequentialFlow(transport)
        transport.set_protocol(Receiver(self, self._flow))
        if self._others.admit(self):
            # Proxies open connections before they have requests for them.
            self._await_request()
        elif self._others.may_linger(self):
            self._refuse(crowded("Too many connections are open."))
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._queued = b""
        self._deadline.close()
        self._stall.stop()
        self._others.remove(self)
        self._release_head()
        super().connection_lost(exc)

    def bytes_received(self, buffer: bytearray, size: int) -> None:
        """Parse the first `size` bytes of `buffer`, but for those behind a request in flight, which are queued."""
        if self._is_refused or self._is_last:
            return
        if self._queued:
            self._queue(self._queued + buffer[:size])
            return
        parsed = self._parse(buffer, size)
        if parsed < size:
            self._queue(bytes(memoryview(buffer)[parsed:size]))

    def eof_received(self) -> bool:  # type: ignore[override] # uvicorn lets every connection end
        """Return whether the connection stays open: its client may wait for responses to whole requests."""
        if self._is_refused:
            return False
        self._has_eof = True
        self._flow.hold_reading()
        return bool(self._queued) or self._may_end_after_response()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stall.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stall.stop()

    @property
    def is_dispensable(self) -> bool:
        """Whether nothing is lost with it but a request that has not come whole, or a response that nobody takes."""
        return self._in_flight is None or self.flow.write_paused

    def dismiss(self) -> None:
        """End the connection in favour of another one."""
        log.info("connection cut", client=self.client and self.client[0], reason="too many connections are open")
        if self._in_flight is None and not self._is_in_head:
            self.transport.close()
        else:
            self.cut()

    def authenticate(self) -> None:
        """Count the connection among those whose client has shown a valid key."""
        self._others.authenticate(self)

    def go_on(self) -> None:
        """Parse the head that waited for room."""
        self._deadline.set(HEAD_SECONDS, self._end_idle)
        self._parse_queued()

    def _queue(self, data: bytes) -> None:
        self._queued = data
        if len(data) > MAX_QUEUED_BYTES:
            self._flow.hold_reading()

    def _parse_queued(self) -> None:
        queued, self._queued = self._queued, b""
        parsed = self._parse(queued, len(queued))
        if self._is_refused or self._is_lost or self.transport.is_closing():
            return
        self._queued = queued[parsed:]
        if self._has_eof:
            if not self._queued and not self._may_end_after_response():
                self.transport.close()
        elif len(self._queued) <= MAX_QUEUED_BYTES:
            self._flow.release_reading()

    def _may_end_after_response(self) -> bool:
        """Return whether a request is in flight that has come whole, and let its response be the last."""
        if is_whole := self._has_whole_request:
            self.cycle.keep_alive = False
        return is_whole

    def _parse(self, data: bytes | bytearray, size: int) -> int:
        """Parse up to `size` bytes of `data`, and no byte behind a request in flight. Return how many were parsed."""
        if self._is_idle:
            self._is_idle = False
            self._deadline.stop()
        parsed = begun = 0
        with memoryview(data) as view:
            while parsed < size and not self._has_whole_request and not self._is_refused:
                stop, begun = size, begun if self._section_bytes else parsed
                if self._in_flight is None:
                    stop = min(size, parsed + FREE_HEAD_BYTES)
                    if not self._has_room_for_head(stop - parsed):
                        return parsed
                end = self._message_end.take(data, parsed, stop)
                with view[parsed:end] as piece, view[begun:size] as section:
                    self._parse_piece(piece, section)
                parsed = end
        if self._is_refused:
            return size
        if self._in_flight is not None:
            self._deadline.stop()
        elif not self._deadline.is_set:
            self._deadline.set(HEAD_SECONDS, self._end_idle)
        return parsed

    def _has_room_for_head(self, size: int) -> bool:
        if self._section_bytes + size <= FREE_HEAD_BYTES + self._reserved_head_bytes:
            return True
        if self._others.reserve_head(self, FREE_HEAD_BYTES):
            self._reserved_head_bytes += FREE_HEAD_BYTES
            return True
        self._flow.hold_reading()
        self._deadline.set(WAIT_SECONDS, self._refuse, crowded("Too many large heads wait."))
        return False

    def _release_head(self) -> None:
        reserved, self._reserved_head_bytes = self._reserved_head_bytes, 0
        if reserved:
            self._others.release_head(reserved)

    def _parse_piece(self, piece: memoryview, section: memoryview) -> None:
        self._section_bytes += len(piece)
        try:
            self._feed(piece)
        except httptools.HttpParserError as error:
            came_last = bytes(section)
            self._refuse(refusal_of(error, self.parser.get_http_version(), came_last), came_last)
            return
        if self._section_bytes > MAX_SECTION_BYTES:
            is_long = self._is_in_head and self._is_target_too_long
            self._refuse(too_long() if is_long else too_large(f"more than {MAX_SECTION_BYTES} bytes"), bytes(section))

    def _feed(self, data: memoryview | bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = bytes(data[upgrade.args[0] :])
            # The parser takes the bytes behind an upgrade for another protocol, though they may be a body. A server may
            # ignore an upgrade (RFC 9110, section 7.8): parse the head again without it.
            method, version = self.parser.get_method(), self.parser.get_http_version()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
            data = head_without_upgrade(method, self.url, version, self.headers) + rest

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection = self._connection = RequestConnection(self)
        self.scope["extensions"] = connection.extensions(is_plain=self.scheme == "http")
        self._trailers = connection.trailers
        self._section = self.headers
        self._is_in_head = True

    def on_url(self, url: bytes) -> None:
        # What is too long is refused once the whole head is there, which the client sends anyway.
        if not self._is_target_too_long:
            super().on_url(url)

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
        if self._is_target_too_long:
            raise too_long()
        method, version = self.parser.get_method(), self.parser.get_http_version()
        self._message_end.begin_body(check_head(method, version, self.headers))
        begin_scope(self.scope, method, version, self.url, self.headers)
        is_framed = version != "1.0"
        self.cycle = Exchange(
            self.scope,
            self.transport,
            self._flow,
            is_framed=is_framed,
            keep_alive=is_framed and self.parser.should_keep_alive(),
            expects_continue=is_framed and self.expect_100_continue,
            on_complete=self.on_response_complete,
        )
        self._connection.task = self.cycle.start(self.app, self.loop, self.tasks)

    def on_body(self, body: bytes) -> None:
        self._section_bytes = 0
        self.cycle.add_body(body)

    def on_message_complete(self) -> None:
        if not self._asks_for_upgrade:
            self._section_bytes = 0
            self._message_end.end_message()
            self.cycle.end_body()

    def on_response_complete(self) -> None:
        self._release_head()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._stall.start()
            return
        self.flow.resume_reading()
        self._await_request()
        if self._queued:
            self._parse_queued()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._stall.start()

    def _refuse(self, refusal: RequestRefusedError, data: bytes = b"") -> None:
        self._is_refused = True
        self._queued = b""
        self._flow.release_reading()  # what still comes is dropped
        peer = self.client and self.client[0]
        response = self._refusals.response(refusal, peer, self.headers or [], data if self._is_in_head else b"")
        in_flight = self._in_flight
        if in_flight is not None:
            self._tell_disconnect()
            if in_flight.response_started:
                self.cut()
                return
        self.transport.write(response)
        # To close at once under a client that still sends would reset the connection, and the response would be lost.
        self.transport.write_eof()
        self._deadline.set(LINGER_SECONDS, self.cut)

    @property
    def _is_target_too_long(self) -> bool:
        return len(self.url) > MAX_TARGET_BYTES

    @property
    def _asks_for_upgrade(self) -> bool:
        # The parser counts CONNECT as an upgrade.
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    @property
    def _has_whole_request(self) -> bool:
        return (in_flight := self._in_flight) is not None and not in_flight.more_body

    @property
    def _is_last(self) -> bool:
        """Whether the request in flight has come whole, and ends the connection: nothing that follows it counts."""
        return self._has_whole_request and not self.cycle.keep_alive

    @property
    def _in_flight(self) -> Exchange | None:
        exchange: Exchange | None = self.cycle
        return None if exchange is None or exchange.response_complete else exchange

    def _tell_disconnect(self) -> None:
        if (in_flight := self._in_flight) is not None:
            in_flight.disconnected = True
            in_flight.set()

    def _await_request(self) -> None:
        self._is_idle = True
        self._deadline.set(self.timeout_keep_alive, self._end_idle)

    def _end_idle(self) -> None:
        if self._is_in_head:
            self._refuse(RequestRefusedError(HTTPStatus.REQUEST_TIMEOUT, "The head did not come in time."))
        else:
            self.transport.close()
            self._stall.start()
