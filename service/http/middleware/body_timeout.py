"""How long a client may take: limits on the time of bodies, in both directions."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import anyio
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Message, Receive, Scope, Send

from domain.errors import BodyTimeoutError
from service.server.connections import cut, unsent_bytes

log = structlog.get_logger()

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class _TooSlowError(Exception):
    """A wait was longer than the client may take."""


def limit_bodies(app: ASGIApp, *, idle: float, total: float) -> ASGIApp:
    """Wrap `app`: a client may send or take nothing for `idle` seconds, and be `total` seconds over one body.

    Past it `receive` raises `BodyTimeoutError`, to be answered as any refusal. A client that is too slow to take an
    answer has the application cancelled, so that what it holds is freed, and then the connection is cut.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        with anyio.CancelScope() as work:
            answer = _Answer(scope, send, work, idle, total)
            try:
                await app(scope, _Body(receive, _BodyTimeout(idle, total)).receive, answer.send)
            finally:
                answer.end()
        if answer.is_given_up:
            log.info("connection cut", reason="the client took too long to take the answer")
            cut(scope)

    return limited


class _BodyTimeout:
    """Waits for a client; the time for all waits together begins with the first."""

    def __init__(self, idle: float, total: float) -> None:
        self._idle = idle
        self._total = total
        self._end: float | None = None

    async def wait(self, step: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
        """Return what `step` does. Raises `_TooSlowError`."""
        now = anyio.current_time()
        if self._end is None:
            self._end = now + self._total
        if now < self._end:
            # Less work than `fail_after`, and there is a step for every chunk.
            with anyio.CancelScope(deadline=min(now + self._idle, self._end)):
                return await step(*arguments)
        raise _TooSlowError


class _Body:
    """A request's body."""

    def __init__(self, receive: Receive, timeout: _BodyTimeout) -> None:
        self._receive = receive
        self._timeout = timeout
        self._ended = False

    async def receive(self) -> HTTPReceiveMessage:
        """Receive the next message. Behind the body only a disconnect comes, which may take any time."""
        if self._ended:
            return await self._receive()  # type: ignore[return-value] # the scope is HTTP
        try:
            message = await self._timeout.wait(self._receive)
        except _TooSlowError:
            raise BodyTimeoutError("The body did not come in time.") from None
        self._ended = message["type"] != "http.request" or not message.get("more_body", False)
        return message  # type: ignore[return-value]


class _Answer:
    """An answer's body. `is_given_up` tells whether the client was too slow to take it; `work` is cancelled then."""

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
        self.is_given_up = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
            return
        self._waiting_since = asyncio.get_running_loop().time()
        if self._timer is None:
            self._end_at = self._waiting_since + self._total
            self._look_later()
        try:
            await self._send(message)
        finally:
            self._waiting_since = None

    def end(self) -> None:
        """Look no more: the answer has ended."""
        if self._timer is not None:
            self._timer.cancel()

    def _look_later(self) -> None:
        # One timer for all chunks: to arm one for each would cost more than most chunks.
        self._timer = asyncio.get_running_loop().call_later(min(self._idle, self._total) / 4, self._look)

    def _look(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._waiting_since is not None:
            # The server waits until there is much room, and a slow client makes it little by little.
            unsent = unsent_bytes(self._scope)
            if unsent != self._unsent:
                self._unsent, self._moved_at = unsent, now
            if now >= self._end_at or now - max(self._waiting_since, self._moved_at) >= self._idle:
                self.is_given_up = True
                self._work.cancel()
                return
        self._look_later()
