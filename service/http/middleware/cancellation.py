"""The work of a request, which can be cancelled from outside."""

import asyncio
from typing import Any

import anyio
from litestar.types import ASGIApp, HTTPScope, Receive, Send

from service.http.connection import task_of
from service.http.middleware.response_progress import progress_of

# What they begin is undone by closing it. Other work may be shielded while it undoes what it began, which only a
# cancel scope respects; and that costs as much as all other wrappers of a plain request.
_READS = frozenset({"GET", "HEAD", "OPTIONS"})


class Work:
    """The application at work on one request."""

    __slots__ = (
        "_cancel_scope",
        "_task",
        "first_seen_at",
        "is_cancelled",
        "is_stalled",
        "progress",
        "scope",
        "seen",
        "seen_at",
    )

    def __init__(self, scope: HTTPScope) -> None:
        self.scope = scope
        self.progress = progress_of(scope)
        self.is_cancelled = False
        self._cancel_scope: anyio.CancelScope | None = None
        self._task: asyncio.Task[Any] | None = None
        # How the response was last seen waiting for the client: for `response_timeout`.
        self.is_stalled = False
        self.seen: object = None
        self.seen_at = 0.0
        self.first_seen_at: float | None = None

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> bool:
        """Run the application. Return False where it was cancelled by `cancel`."""
        if self.scope["method"] not in _READS:
            with anyio.CancelScope() as self._cancel_scope:
                await app(self.scope, receive, send)
            return not self._cancel_scope.cancelled_caught
        task = self._task = task_of(self.scope)
        try:
            await app(self.scope, receive, send)
        except asyncio.CancelledError:
            if not self.is_cancelled or task is None or task.uncancel() > 0:
                raise
            return False
        return True

    def cancel(self) -> None:
        """Cancel the work, which undoes what it began. Once is enough."""
        if self.is_cancelled:
            return
        self.is_cancelled = True
        if self._cancel_scope is not None:
            self._cancel_scope.cancel()
        elif self._task is not None:
            self._task.cancel()
