"""The shutdown of a worker: requests in flight may finish, those that take too long are undone, then all is closed."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn

from service.http.middleware.in_flight import InFlightRequests
from service.server.acceptor import Acceptor
from service.server.connection_shares import ConnectionShare
from service.server.http1.protocol import Http1Protocol

log = structlog.get_logger()

# The time for the last responses to reach their clients.
_FLUSH_SECONDS = 1.0


class GracefulServer(uvicorn.Server):
    """uvicorn's server: on SIGTERM it accepts no more connections, and waits for those that are open.

    Requests `in_flight` may go on for `timeout` seconds. Then they are cancelled, and the connections are cut.
    `on_serving` is called once connections are accepted; where there are other workers, only its `share` of them is.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        in_flight: InFlightRequests,
        share: ConnectionShare,
        *,
        timeout: float,
        on_serving: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._on_serving = on_serving
        self._in_flight = in_flight
        self._share = share
        self._timeout = timeout
        self._deadline: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, and accept connections."""
        if self._share.is_all:
            await super().startup(sockets)
        else:
            await super().startup([])
            self._accept_share(sockets or [])
        self._on_serving()

    def _accept_share(self, listeners: Sequence[socket.socket]) -> None:
        backlog = self.config.backlog
        servers: list[Any] = [Acceptor(each, backlog, self._make_protocol, self._share) for each in listeners]
        self.servers = servers

    def _make_protocol(self) -> asyncio.Protocol:
        # As uvicorn makes it for the event loop's own server.
        make: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = make(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle SIGTERM while the context lasts."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._shut_down)
        yield

    def _shut_down(self) -> None:
        if self._deadline is None:
            self.should_exit = True
            self._deadline = asyncio.create_task(self._enforce_timeout())

    async def _enforce_timeout(self) -> None:
        await asyncio.sleep(self._timeout)
        if self._in_flight.count:
            log.warning("requests cancelled", requests=self._in_flight.count, after=self._timeout)
            await self._in_flight.cancel()
        # The connections that remain wait for clients to receive their responses.
        await asyncio.sleep(_FLUSH_SECONDS)
        connections = [each for each in self.server_state.connections if isinstance(each, Http1Protocol)]
        for connection in connections:
            connection.cut()
        if connections:
            log.warning("connections cut", connections=len(connections))
