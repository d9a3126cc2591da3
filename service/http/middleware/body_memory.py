"""Bodies that are gathered in memory, which all requests of a worker share."""

from typing import Any, cast

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from service.runtime.memory_budget import MemoryBudget

# The key of a request's share among the extensions of a scope.
_EXTENSION = "fileport.body_memory"


class _Share:
    """The bytes that one request has taken."""

    __slots__ = ("_budget", "_taken")

    def __init__(self, budget: MemoryBudget) -> None:
        self._budget = budget
        self._taken = 0

    async def take(self, size: int) -> None:
        await self._budget.take(size)
        self._taken += size

    def release(self) -> None:
        if self._taken:
            self._budget.release(self._taken)


def share_body_memory(app: ASGIApp, *, budget: MemoryBudget) -> ASGIApp:
    """Wrap `app`: its requests take memory from `budget` with `take_body_memory`, until they end."""

    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        share = _Share(budget)
        cast(Any, scope).setdefault("extensions", {})[_EXTENSION] = share
        try:
            await app(scope, receive, send)
        finally:
            share.release()

    return sharing


async def take_body_memory(scope: HTTPScope, size: int) -> None:
    """Take `size` bytes for the body of the request, until it ends. Raises `OverloadedError`."""
    if not size:
        return
    share: _Share = cast(Any, scope)["extensions"][_EXTENSION]
    await share.take(size)
