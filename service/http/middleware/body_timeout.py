"""Timeouts of bodies, in both directions: a client may neither stop nor take too long."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import anyio
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

from domain.errors import BodyTimeoutError
from service.http.connection import cut, unsent_bytes

log = structlog.get_logger()

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class _TimeoutPassedError(Exception):
    """The client took too long."""


def limit_body_time(app: ASGIApp, *, idle: float, response_idle: float, total: float) -> ASGIApp:
    """Wrap `app`: a client has `total` seconds for one body, in either direction.

    It may send no bytes for `idle` seconds, and receive none for `response_idle` seconds.

    After that `receive` raises `BodyTimeoutError`, to be rendered as any problem. Where the client is too slow to
    receive a response, the application is cancelled, so that it frees its resources, and then the connection is cut.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        with anyio.CancelScope() as work:
            response = _ResponseBody(scope, send, work, response_idle, total)
            try:
                await app(scope, _RequestBody(receive, _BodyTimeout(idle, total)).receive, response.send)
            finally:
                response.stop_timer()
        if response.has_timed_out:
            log.info("connection cut", reason="the client took too long to receive the response")
            cut(scope)

    return limited


class _BodyTimeout:
    """Limits each wait for a client, and all waits together from the first one on."""

    def __init__(self, idle: float, total: float) -> None:
        self._idle = idle
        self._total = total
        self._end: float | None = None

    async def limit(self, step: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
        """Return the result of `step`. Raises `_TimeoutPassedError`."""
        now = anyio.current_time()
        if self._end is None:
            self._end = now + self._total
        if now < self._end:
            # Cheaper than `fail_after`: there is a step for every chunk.
            with anyio.CancelScope(deadline=min(now + self._idle, self._end)):
                return await step(*arguments)
        raise _TimeoutPassedError


class _RequestBody:
    """The body of a request."""

    def __init__(self, receive: Receive, timeout: _BodyTimeout) -> None:
        self._receive = receive
        self._timeout = timeout
        self._has_ended = False

    async def receive(self) -> HTTPReceiveMessage:
        """Receive the next message. After the body only a disconnect comes, which has no timeout."""
        if self._has_ended:
            return await self._receive()  # type: ignore[return-value] # the scope is HTTP
        try:
            message = await self._timeout.limit(self._receive)
        except _TimeoutPassedError:
            raise BodyTimeoutError("The body did not come in time.") from None
        self._has_ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message  # type: ignore[return-value]


class _ResponseBody:
    """The body of a response. Where the client is too slow to receive it, `work` is cancelled."""

    def __init__(self, scope: HTTPScope, send: Send, work: anyio.CancelScope, idle: float, total: float) -> None:
        self._scope = scope
        self._send = send
        self._work = work
        self._idle = idle
        self._total = total
        self._waiting_since: float | None = None
        self._unsent: int | None = None
        self._moved_at = 0.0
        self._end_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.has_timed_out = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            return
        self._waiting_since = asyncio.get_running_loop().time()
        if self._timer is None:
            self._end_at = self._waiting_since + self._total
            self._start_timer()
        try:
            await self._send(message)
        finally:
            self._waiting_since = None

    def stop_timer(self) -> None:
        """Check no more: the response has ended."""
        if self._timer is not None:
            self._timer.cancel()

    def _start_timer(self) -> None:
        # One timer for all chunks: one for each would cost more than most chunks.
        self._timer = asyncio.get_running_loop().call_later(min(self._idle, self._total) / 4, self._check)

    def _check(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._waiting_since is not None:
            # One send waits until the server's buffer has drained, which a slow client does little by little.
            unsent = unsent_bytes(self._scope)
            if unsent != self._unsent:
                self._unsent, self._moved_at = unsent, now
            if now >= self._end_at or now - max(self._waiting_since, self._moved_at) >= self._idle:
                self.has_timed_out = True
                self._work.cancel()
                return
        self._start_timer()
