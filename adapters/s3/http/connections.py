"""The connections to stores, which requests share."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterable, Mapping, Sequence

from adapters.s3.http.connection import Connection, LostConnectionError, Piece
from adapters.s3.http.heads import encode_head
from adapters.s3.http.response import Response
from adapters.s3.http.routes import Route, Routes

# As long as botocore's are kept. S3 closes those that are idle for some 20 seconds.
_KEPT_SECONDS = 12.0


class Connections:
    """Sends requests over up to `limit` connections, and keeps those that are idle. Times are in seconds.

    One that the store closed while it was idle may look alive: a request to which it gave no answer at all is sent
    again, over another. Requests for objects may be repeated (RFC 9110, section 9.2.2).
    """

    def __init__(self, routes: Routes, *, limit: int, connect_timeout: float, idle_timeout: float) -> None:
        self._routes = routes
        self._slots = asyncio.Semaphore(limit)
        self._connect_timeout = connect_timeout
        self._idle_timeout = idle_timeout
        self._origins: dict[str, _Origin] = {}

    async def exchange(
        self,
        method: str,
        origin: str,
        target: str,
        headers: Mapping[str, str],
        body: Sequence[Piece] | AsyncIterable[Piece] = (),
    ) -> Response:
        """Send a request, and return its response, which frees the connection once it is read or closed.

        Iterating over `body` begins anew each time. Raises `OSError`.
        """
        found = self._origins.get(origin)
        if found is None:
            found = self._origins[origin] = _Origin(self._routes.find(origin), self._slots)
        route = found.route
        if route.proxy is not None:
            target, headers = route.prefix + target, {**headers, **route.headers}
        head = encode_head(method, target, headers)
        await self._slots.acquire()
        while True:
            kept = found.take()
            connection = kept
            try:
                if connection is None:
                    connection = await self._open(found)
                answer = await connection.exchange(head, body, is_bodiless=method == "HEAD")
            except BaseException as error:
                if connection is not None:
                    found.discard(connection)
                if kept is not None and isinstance(error, LostConnectionError) and error.is_unanswered:
                    continue
                self._slots.release()
                raise
            return Response(method, answer, connection, found.release)

    def close(self) -> None:
        """Close all connections, those in use as well."""
        for origin in self._origins.values():
            origin.close()

    async def _open(self, origin: "_Origin") -> Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._connect_timeout):
            connection = await origin.route.open(lambda: Connection(loop, self._idle_timeout))
        origin.used.add(connection)
        return connection


class _Origin:
    """The connections to one origin. A slot is taken by its user, and freed by `release`."""

    def __init__(self, route: Route, slots: asyncio.Semaphore) -> None:
        self.route = route
        self.used: set[Connection] = set()
        self._slots = slots
        # With the time since when they are idle, the latest last.
        self._idle: deque[tuple[Connection, float]] = deque()

    def take(self) -> Connection | None:
        """Return an idle connection, the latest, if there is one."""
        until = time.monotonic() - _KEPT_SECONDS
        while self._idle:
            connection, since = self._idle.pop()
            if since >= until and connection.is_open:
                self.used.add(connection)
                return connection
            connection.abort()
        return None

    def release(self, connection: Connection) -> None:
        """Keep a connection that can be used again, and end any other."""
        self._slots.release()
        if not connection.is_reusable:
            self.discard(connection)
            return
        connection.end_use()
        self.used.discard(connection)
        now = time.monotonic()
        self._idle.append((connection, now))
        while self._idle[0][1] < now - _KEPT_SECONDS:
            self._idle.popleft()[0].abort()

    def discard(self, connection: Connection) -> None:
        connection.abort()
        self.used.discard(connection)

    def close(self) -> None:
        for connection in (*self.used, *(each for each, _ in self._idle)):
            connection.abort()
        self._idle.clear()
