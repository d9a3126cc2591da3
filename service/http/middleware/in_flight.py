"""The requests that run, and their end before their time when the server's own has come."""

import anyio
import msgspec
import structlog
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from domain.errors import UnavailableError
from service.http import problems
from service.server.connections import cut

log = structlog.get_logger()


class ShuttingDownError(UnavailableError):
    """The service ends before the request could be finished."""

    code = "shutting_down"
    retry_after = 2


class InFlightRequests:
    """Knows the requests that run in the applications that it wraps, and can cancel them."""

    def __init__(self) -> None:
        self._running: set[anyio.CancelScope] = set()
        self._none_left = anyio.Event()

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._running)

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return `app`, its requests known here."""

        async def known(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == ScopeType.HTTP:
                await self._run(app, scope, receive, send)
            else:
                await app(scope, receive, send)

        return known

    async def cancel(self) -> None:
        """Cancel every request and wait for its end: it undoes what it began.

        Who was not answered yet is answered 503; who was, in part, has the connection cut.
        """
        while self._running:
            self._none_left = anyio.Event()
            for request in self._running:
                request.cancel()
            await self._none_left.wait()

    async def _run(self, app: ASGIApp, scope: HTTPScope, receive: Receive, send: Send) -> None:
        is_answered = False

        async def sent(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        with anyio.CancelScope() as request:
            self._running.add(request)
            try:
                await app(scope, receive, sent)
            finally:
                self._running.discard(request)
                if not self._running:
                    self._none_left.set()
        if not request.cancelled_caught:
            return
        if is_answered:
            cut(scope)
        else:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    error = ShuttingDownError("The service is shutting down.")
    problem = problems.problem_of(error)
    body = msgspec.json.encode(problem)
    await send(
        {
            "type": "http.response.start",
            "status": problem.status,
            "headers": [
                (b"content-type", problems.MEDIA_TYPE.encode()),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"retry-after", str(error.retry_after).encode()),
                (b"connection", b"close"),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})
