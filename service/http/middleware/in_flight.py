"""The requests in flight, and their cancellation when the worker shuts down."""

from collections.abc import Awaitable, Callable

import anyio
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from domain.errors import FileportError, UnavailableError
from service.http import problems
from service.http.connection import cut
from service.http.middleware.cancellation import Work
from service.http.middleware.response_timeout import ResponseTimeouts

log = structlog.get_logger()


class ShuttingDownError(UnavailableError):
    """The service shuts down before the request could be finished."""

    code = "shutting_down"
    example = "The service ends before the request could be finished."
    retry_after = 2


# Sends an error as the response to a request, in the form of its protocol, and ends the connection.
Refuse = Callable[[HTTPScope, Send, FileportError], Awaitable[None]]


class InFlightRequests:
    """Tracks the requests in flight in the applications that it wraps, and can cancel them."""

    def __init__(self) -> None:
        self._requests: set[Work] = set()
        self._none_left = anyio.Event()

    @property
    def count(self) -> int:
        """The number of requests in flight."""
        return len(self._requests)

    def track(self, app: ASGIApp, timeouts: ResponseTimeouts | None = None, refuse: Refuse | None = None) -> ASGIApp:
        """Wrap `app`: its requests are in flight here, and their responses have `timeouts`.

        `refuse` sends the error of those that are cancelled before their response; without it that is a problem.
        """

        async def tracked(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != ScopeType.HTTP:
                await app(scope, receive, send)
                return
            work = Work(scope)
            self._requests.add(work)
            if timeouts is not None:
                timeouts.watch(self._requests)
            try:
                is_done = await work.run(app, receive, send)
            finally:
                self._requests.discard(work)
                if not self._requests:
                    self._none_left.set()
            if not is_done:
                await _end(work, scope, send, refuse or _send_problem)

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


async def _end(work: Work, scope: HTTPScope, send: Send, refuse: Refuse) -> None:
    if work.is_stalled:
        log.info("connection cut", reason="the client took too long to receive the response")
    if work.is_stalled or work.progress.has_begun:
        cut(scope)
    else:
        await refuse(scope, send, ShuttingDownError("The service is shutting down."))


async def _send_problem(_: HTTPScope, send: Send, error: FileportError) -> None:
    await problems.send_problem(
        send,
        problems.problem_of(error),
        (b"retry-after", str(ShuttingDownError.retry_after).encode()),
        (b"connection", b"close"),
    )
