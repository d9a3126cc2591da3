"""Accepting connections on a socket that several workers share, so that each of them gets its share."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import structlog

from service.server.connection_shares import ConnectionShare

log = structlog.get_logger()

# For so long a worker that is ahead leaves a connection to the others. One that is busy, or hangs, delays it no longer.
_YIELD_SECONDS = 0.002
# As asyncio waits where the process has no descriptor left.
_RETRY_SECONDS = 1.0


class Acceptor:
    """Accepts one connection after the other for protocols that `make_protocol` returns, until `close`.

    The event loop's own server accepts until nobody waits, so that one worker may get all connections of a client. This
    one looks at its `share` in between. `listener` is bound, and closed by the caller after `close`. Like a server of
    asyncio, as far as uvicorn looks at those that it serves with.
    """

    def __init__(self, listener: socket.socket, backlog: int, make_protocol: Callable[[], Any], share: ConnectionShare):
        self._listener = listener
        self._make_protocol = make_protocol
        self._share = share
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._is_watching = False
        self._waiting: asyncio.Future[None] | None = None
        listener.listen(backlog)
        listener.setblocking(False)
        share.begin()
        self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Accept no more connections."""
        self._is_closed = True
        self._share.end()
        self._go_on()

    async def wait_closed(self) -> None:
        """Wait until a connection that was being accepted is the protocol's."""
        await self._task

    async def _run(self) -> None:
        while not self._is_closed:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                await self._wait_for_connection()
            except OSError as error:
                log.error("no connection can be accepted", reason=error.strerror)  # noqa: TRY400 - no traceback: it says no more
                await self._pause(_RETRY_SECONDS)
            else:
                await self._hand_over(connection)
            if self._share.is_ahead:
                await self._pause(_YIELD_SECONDS)

    async def _hand_over(self, connection: socket.socket) -> None:
        try:
            _, protocol = await self._loop.connect_accepted_socket(self._make_protocol, connection)
        except Exception:
            # The next ones are to be accepted nevertheless.
            log.exception("a connection failed at its start")
            connection.close()
            return
        if self._is_closed:
            protocol.shutdown()

    async def _wait_for_connection(self) -> None:
        if not self._is_closed:
            self._is_watching = True
            self._loop.add_reader(self._listener, self._go_on)
            await self._wait()

    async def _pause(self, seconds: float) -> None:
        if not self._is_closed:
            timer = self._loop.call_later(seconds, self._go_on)
            await self._wait()
            timer.cancel()

    async def _wait(self) -> None:
        self._waiting = self._loop.create_future()
        await self._waiting
        self._waiting = None

    def _go_on(self) -> None:
        if self._is_watching:
            # At once: the listener is closed right after `close`.
            self._is_watching = False
            self._loop.remove_reader(self._listener)
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
