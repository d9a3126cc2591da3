"""The HTTP/1.1 protocol: uvicorn's, with limits on heads, strict refusals, trailers, and ends that ASGI lacks."""

import asyncio
from functools import partial
from http import HTTPStatus
from typing import Any, cast

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.http.connection import EXTENSION
from service.server import tcp
from service.server.exchange import run_application
from service.server.refusals import Refusals, RequestRefusedError
from service.server.request_head import (
    MAX_TARGET_BYTES,
    absolute_form,
    check_head,
    head_without_upgrade,
    refusal_of,
    too_large,
    too_long,
)
from service.server.unchunked import UnchunkedTransport

log = structlog.get_logger()

HEAD_SECONDS = 30.0
# Upload-Metadata alone may have 256 KiB.
MAX_SECTION_BYTES = 400 * 1024
MAX_FIELDS = 100
# How long the connection lingers after a refusal, so that the client can read it.
LINGER_SECONDS = 2.0
# How long a client may take no bytes of a response that is complete.
STALLED_SECONDS = 30.0


class _RequestConnection:
    """The connection as one request sees it: a `service.http.connection.Connection`."""

    def __init__(self, protocol: "Http1Protocol") -> None:
        self._protocol = protocol
        self.trailers: list[tuple[bytes, bytes]] = []

    @property
    def unsent(self) -> int:
        return self._protocol.unsent

    def cut(self) -> None:
        self._protocol.cut()

    def truncate_response(self) -> None:
        self._protocol.truncate_response()


class Http1Protocol(HttpToolsProtocol):
    """One connection.

    A head must arrive within `HEAD_SECONDS` of its first byte; heads and trailer sections are limited to
    `MAX_SECTION_BYTES` and `MAX_FIELDS`. A request that breaks these limits, or the grammar, gets a problem, and its
    connection is closed.
    """

    def __init__(self, *args: Any, refusals: Refusals | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refusals = refusals or Refusals()
        # The head or trailer section that is being parsed, and the bytes fed to the parser since it began.
        self._section: list[tuple[bytes, bytes]] = []
        self._section_bytes = 0
        self._trailers: list[tuple[bytes, bytes]] = []
        self._is_in_head = False
        self._last_run: RequestResponseCycle | None = None
        self._is_refused = False
        self._is_lost = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def unsent(self) -> int:
        """The number of bytes that wait here, and in the operating system, for the client to receive them."""
        return 0 if self._is_lost else tcp.unsent_bytes(self.transport)

    def cut(self) -> None:
        """Reset the connection at once and drop all unsent bytes, so that the client sees an error."""
        if not self._is_lost:
            self._tell_disconnect()
            tcp.reset(self.transport)

    def truncate_response(self) -> None:
        """Close the connection once the client has received all unsent bytes, which are a part of the response."""
        in_flight = self._in_flight
        if in_flight is not None and isinstance(in_flight.transport, UnchunkedTransport):
            # Such a response may end with its connection: a clean end would make it look complete.
            self.cut()
        elif not self._is_lost:
            self._tell_disconnect()
            self.transport.close()
            self._cut_when_stalled()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        # Proxies open connections before they have requests for them.
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        self._stop_timer()
        self._unset_keepalive_if_required()
        self._tell_disconnect()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        self._section_bytes += len(data)
        try:
            self._parse(data)
        except httptools.HttpParserError as error:
            self._refuse(refusal_of(error, self.parser.get_http_version(), data), data)
            return
        if self._section_bytes > MAX_SECTION_BYTES:
            is_long = self._is_in_head and self._is_target_too_long
            self._refuse(too_long() if is_long else too_large(f"more than {MAX_SECTION_BYTES} bytes"), data)
        elif self._in_flight is not None:
            self._stop_timer()
        elif self._timer is None:
            self._start_timer(HEAD_SECONDS, self._end_idle)

    def _parse(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                rest = data[upgrade.args[0] :]
            # The parser takes the bytes behind an upgrade for another protocol, though they may be a body. A server may
            # ignore an upgrade (RFC 9110, section 7.8): parse the head again without it.
            method, version = self.parser.get_method(), self.parser.get_http_version()
            self.parser = httptools.HttpRequestParser(self)
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's
            data = head_without_upgrade(method, self.url, version, self.headers) + rest

    def on_message_begin(self) -> None:
        super().on_message_begin()
        connection = _RequestConnection(self)
        self.scope["extensions"] = {EXTENSION: connection}  # type: ignore[dict-item] # one of our own
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
        check_head(self.parser.get_method(), self.parser.get_http_version(), self.headers)
        if (absolute := absolute_form(self.url)) is not None:
            # It wins over Host (RFC 9112, section 3.2.2).
            self.url, self.scope["scheme"] = absolute.origin_form, absolute.scheme
            self.headers[:] = [(b"host", absolute.host), *(each for each in self.headers if each[0] != b"host")]
        super().on_headers_complete()
        if self.scope["http_version"] == "1.0":
            self.cycle.transport = cast(asyncio.Transport, UnchunkedTransport(self.transport))
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
            self._cut_when_stalled()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._cut_when_stalled()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.is_closing():
            self._cut_when_stalled()

    def _refuse(self, refusal: RequestRefusedError, data: bytes = b"") -> None:
        self._is_refused = True
        peer = self.client and self.client[0]
        response = self._refusals.response(refusal, peer, self.headers or [], data if self._is_in_head else b"")
        in_flight = self._in_flight
        if in_flight is not None and not in_flight.more_body:
            # The request before the bad bytes is complete: it gets its response, and then the connection ends.
            in_flight.keep_alive = False
            return
        if in_flight is not None:
            self._tell_disconnect()
            if in_flight.response_started:
                self.cut()
                return
        self.transport.write(response)
        # To close at once under a client that still sends would reset the connection, and the response would be lost.
        self.transport.write_eof()
        self._start_timer(LINGER_SECONDS, self.cut)

    @property
    def _is_target_too_long(self) -> bool:
        return len(self.url) > MAX_TARGET_BYTES

    @property
    def _asks_for_upgrade(self) -> bool:
        # The parser counts CONNECT as an upgrade.
        return bool(self.parser.should_upgrade()) and self.parser.get_method() != b"CONNECT"

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._last_run = cycle
        super()._start_asgi_task(cycle, partial(run_application, app, cycle))

    @property
    def _in_flight(self) -> RequestResponseCycle | None:
        return None if self._last_run is None or self._last_run.response_complete else self._last_run

    def _tell_disconnect(self) -> None:
        # uvicorn tells the request that it parsed last, but an earlier one may be in flight.
        if (in_flight := self._in_flight) is not None:
            in_flight.disconnected = True
            in_flight.message_event.set()

    def _end_idle(self) -> None:
        self._timer = None
        if self._is_in_head:
            self._refuse(RequestRefusedError(HTTPStatus.REQUEST_TIMEOUT, "The head did not come in time."))
        else:
            self.transport.close()
            self._cut_when_stalled()

    def _cut_when_stalled(self) -> None:
        # A transport closes only once the client has received all bytes: without a limit, that may be never.
        self._start_timer(STALLED_SECONDS, self._check_progress, self.unsent)

    def _check_progress(self, unsent_before: int) -> None:
        if self.unsent == unsent_before:
            log.info("connection cut", reason="the client took too long to receive the response")
            self.cut()
        else:
            self._cut_when_stalled()

    def _start_timer(self, seconds: float, callback: Any, *args: Any) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, callback, *args)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
