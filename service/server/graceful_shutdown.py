"""The end of a worker: what runs is finished, what is not finished in time is undone, and then all is closed."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from service.http.middleware.in_flight import InFlightRequests
from service.server.http1 import Http1Protocol

log = structlog.get_logger()

# For the last answers to reach their clients.
_FAREWELL_SECONDS = 1.0


class DrainingServer(uvicorn.Server):
    """uvicorn's server, which SIGTERM tells to end: it accepts nobody more, and waits for its connections.

    Its `requests` have `timeout` seconds then. After them they are cancelled, and the connections cut.
    """

    def __init__(self, config: uvicorn.Config, requests: InFlightRequests, *, timeout: float) -> None:
        super().__init__(config)
        self._requests = requests
        self._timeout = timeout
        self._draining: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGTERM while the context lasts."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end)
        yield

    def _end(self) -> None:
        if self._draining is None:
            self.should_exit = True
            self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        await asyncio.sleep(self._timeout)
        if self._requests.count:
            log.warning("requests cancelled", requests=self._requests.count, after=self._timeout)
            await self._requests.cancel()
        # These wait for clients to take what was sent to them.
        await asyncio.sleep(_FAREWELL_SECONDS)
        connections = [each for each in self.server_state.connections if isinstance(each, Http1Protocol)]
        for connection in connections:
            connection.cut()
        if connections:
            log.warning("connections cut", connections=len(connections))
