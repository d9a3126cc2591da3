"""A connection to a store: one request at a time, and its response (RFC 9112)."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable, Sequence
from typing import cast

from adapters.s3.http.heads import MAX_HEAD_BYTES, MalformedResponseError, ResponseHead, parse_head

# Of a body: no more is read while so much waits for its reader. One read may bring 256 KiB.
_MOST_HELD = 64 * 1024
# Handed to the transport at once: TLS encrypts so much before others have their turn.
_BATCH = 1024 * 1024

Piece = bytes | memoryview


class LostConnectionError(ConnectionError):
    """The connection ended before the response did. `is_unanswered`: before the first byte of it."""

    def __init__(self, *, is_unanswered: bool) -> None:
        super().__init__("The store closed the connection.")
        self.is_unanswered = is_unanswered


class Connection(asyncio.Protocol):
    """Bytes of a body pass as they were received, without another copy.

    A body in whose reading nothing arrives for `idle_timeout` seconds fails with `TimeoutError`. All errors are
    `OSError`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, idle_timeout: float) -> None:
        self._loop = loop
        self._idle_timeout = idle_timeout
        self._transport: asyncio.Transport | None = None
        self._is_bodiless = False
        self._unparsed = b""
        self._head: ResponseHead | None = None
        self._chunks: deque[bytes] = deque()
        self._held = 0
        # Of the body, what did not arrive yet; None where it ends with the connection.
        self._left: int | None = 0
        self._failure: OSError | None = None
        self._is_busy = False
        self._is_reading_paused = self._is_writing_paused = False
        self._arrival: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._failure is None and self._transport is not None and not self._transport.is_closing()

    @property
    def is_reusable(self) -> bool:
        """Whether request and response are through, and the connection goes on."""
        return self._head is not None and self._head.keeps_alive and self.is_read and self.is_open and self._unsent == 0

    @property
    def is_read(self) -> bool:
        """Whether all of the response was received."""
        return self._left == 0 and not self._chunks

    @property
    def transport(self) -> asyncio.Transport:
        if self._transport is None:
            raise LostConnectionError(is_unanswered=True)
        return self._transport

    async def exchange(
        self, head: bytes, body: Sequence[Piece] | AsyncIterable[Piece] = (), *, is_bodiless: bool = False
    ) -> ResponseHead:
        """Send a request, and return the head of its response, whose body `receive` returns.

        Ends early where the response comes before the body is sent.
        """
        self._begin(is_bodiless=is_bodiless)
        await self._send(head, body)
        while self._head is None:
            self._check()
            await self._arrived()
        return self._head

    async def receive(self) -> bytes:
        """Return the next bytes of the body, none at its end."""
        while not self._chunks:
            if self._left == 0:
                return b""
            self._check()
            self._resume_reading()
            timer = self._loop.call_later(self._idle_timeout, self._stall)
            try:
                await self._arrived()
            finally:
                timer.cancel()
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        return chunk

    def abort(self) -> None:
        """End the connection at once."""
        self._chunks.clear()
        if self._transport is not None:
            self._transport.abort()

    def end_use(self) -> None:
        """Expect nothing more until the next request."""
        self._is_busy = False
        self._resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if not self._is_busy:
            self.abort()
        elif self._head is None:
            self._take_head(data)
        else:
            self._take_body(data)

    def eof_received(self) -> bool:
        if self._head is not None and self._left is None and not self._head.is_chunked:
            self._left = 0
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it ended makes no difference
        if self._failure is None and not (self._head is not None and self._left == 0):
            self._failure = LostConnectionError(is_unanswered=self._head is None and not self._unparsed)
        self._transport = None
        self._wake()

    def pause_writing(self) -> None:
        self._is_writing_paused = True

    def resume_writing(self) -> None:
        self._is_writing_paused = False
        if self._room is not None and not self._room.done():
            self._room.set_result(None)

    @property
    def _unsent(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def _begin(self, *, is_bodiless: bool) -> None:
        self._is_busy, self._is_bodiless = True, is_bodiless
        self._head, self._unparsed, self._left, self._held = None, b"", None, 0

    async def _send(self, head: bytes, body: Sequence[Piece] | AsyncIterable[Piece]) -> None:
        batch: list[Piece] = [head]
        size = 0
        if isinstance(body, AsyncIterable):
            async for piece in body:
                batch.append(piece)
                if not await self._write(batch):
                    return
                batch = []
        else:
            for piece in body:
                batch.append(piece)
                size += len(piece)
                if size >= _BATCH:
                    if not await self._write(batch):
                        return
                    batch, size = [], 0
        if batch:
            self.transport.writelines(batch)

    async def _write(self, batch: list[Piece]) -> bool:
        """Send a batch, wait until there is room for another, and return whether it is wanted."""
        self.transport.writelines(batch)
        while self._is_writing_paused and self._head is None and self._failure is None:
            self._room = self._loop.create_future()
            try:
                await self._room
            finally:
                self._room = None
        return self._head is None and self._failure is None

    def _take_head(self, data: bytes) -> None:
        data = self._unparsed + data if self._unparsed else data
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._unparsed = data
            if len(data) > MAX_HEAD_BYTES:
                self._fail(MalformedResponseError("The head of the response is too long."))
            return
        try:
            head = parse_head(data[:end], is_bodiless=self._is_bodiless)
        except MalformedResponseError as error:
            self._fail(error)
            return
        rest, self._unparsed = data[end + 4 :], b""
        if head.status < 200:
            # An interim response (RFC 9110, section 15.2).
            if rest:
                self._take_head(rest)
            return
        self._head, self._left = head, head.body_size
        if rest:
            self._take_body(rest)
        self._wake()

    def _take_body(self, data: bytes) -> None:
        if self._left is not None:
            if len(data) > self._left:
                self._fail(MalformedResponseError("The response is longer than it says."))
                return
            self._left -= len(data)
        self._chunks.append(data)
        self._held += len(data)
        if self._held >= _MOST_HELD and self._left != 0 and not self._is_reading_paused and self._transport is not None:
            self._is_reading_paused = True
            self._transport.pause_reading()
        self._wake()

    def _resume_reading(self) -> None:
        if self._is_reading_paused and self._transport is not None:
            self._is_reading_paused = False
            self._transport.resume_reading()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _fail(self, error: OSError) -> None:
        self._failure = error
        self.abort()
        self._wake()

    def _stall(self) -> None:
        self._fail(TimeoutError("The store sends no more."))

    async def _arrived(self) -> None:
        self._arrival = self._loop.create_future()
        try:
            await self._arrival
        finally:
            self._arrival = None

    def _wake(self) -> None:
        for waiter in (self._arrival, self._room):
            if waiter is not None and not waiter.done():
                waiter.set_result(None)
