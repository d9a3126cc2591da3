"""The timeout of requests' bodies: a client may neither stop sending nor take too long."""

from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import anyio
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send

from domain.errors import BodyTimeoutError

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class _TimeoutPassedError(Exception):
    """The client took too long."""


def limit_body_time(app: ASGIApp, *, idle: float, total: float) -> ASGIApp:
    """Wrap `app`: a client has `total` seconds for the body of a request, and may send no bytes for `idle` seconds.

    After that `receive` raises `BodyTimeoutError`, to be rendered as any problem.
    """

    async def limited(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            receive = _RequestBody(receive, _BodyTimeout(idle, total)).receive
        await app(scope, receive, send)

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
