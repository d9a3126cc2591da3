"""The requests in flight, and their cancellation when the worker shuts down."""

import anyio
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from domain.errors import UnavailableError
from service.http import problems
from service.http.connection import cut
from service.http.middleware.response_progress import progress_of

log = structlog.get_logger()


class ShuttingDownError(UnavailableError):
    """The service shuts down before the request could be finished."""

    code = "shutting_down"
    example = "The service ends before the request could be finished."
    retry_after = 2


class InFlightRequests:
    """Tracks the requests in flight in the applications that it wraps, and can cancel them."""

    def __init__(self) -> None:
        self._requests: set[anyio.CancelScope] = set()
        self._none_left = anyio.Event()

    @property
    def count(self) -> int:
        """The number of requests in flight."""
        return len(self._requests)

    def track(self, app: ASGIApp) -> ASGIApp:
        """Wrap `app`: its requests are in flight here."""

        async def tracked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP:
                await self._run(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return tracked

    async def cancel(self) -> None:
        """Cancel every request, and wait until each has undone what it began.

        A request without a response gets a 503; a response that has begun is cut with its connection.
        """
        while self._requests:
            self._none_left = anyio.Event()
            for request in self._requests:
                request.cancel()
            await self._none_left.wait()

    async def _run(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
        with anyio.CancelScope() as request:
            self._requests.add(request)
            try:
                await app(scope, receive, send)
            finally:
                self._requests.discard(request)
                if not self._requests:
                    self._none_left.set()
        if not request.cancelled_caught:
            return
        if progress_of(scope).has_begun:
            cut(scope)
        else:
            await _send_shutting_down(send)


async def _send_shutting_down(send: Send) -> None:
    error = ShuttingDownError("The service is shutting down.")
    await problems.send_problem(
        send,
        problems.problem_of(error),
        (b"retry-after", str(error.retry_after).encode()),
        (b"connection", b"close"),
    )
