"""Route decorators, guards of many routes, and a router whose paths know all their methods."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from litestar import HttpMethod, Router, route
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute
from litestar.types.internal_types import RouteHandlerMapItem

# HEAD answers as GET does, without the body (RFC 9110, section 9.3.2).
get_or_head = partial(route, http_method=[HttpMethod.GET, HttpMethod.HEAD])


Guard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], Awaitable[None]]


def in_turn(*guards: Guard) -> Guard:
    """Return one guard for many: Litestar copies the handler for each that it calls."""

    async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        for each in guards:
            await each(connection, handler)

    return guard


class CompleteRouter(Router):
    """Leaves the handlers of OPTIONS to its owner, which makes them once all handlers of a path are together.

    Litestar 2 makes one with a path's first handler, which goes on naming that handler's methods alone when others
    join it (litestar-org/litestar#4169).
    """

    @property
    def route_handler_method_map(self) -> dict[str, RouteHandlerMapItem]:
        return {
            path: {method: handler for method, handler in handlers.items() if not is_made_by_litestar(handler.fn)}
            for path, handlers in super().route_handler_method_map.items()
        }


def is_made_by_litestar(function: object) -> bool:
    """Return whether a handler is one that Litestar adds to a path for OPTIONS."""
    return getattr(function, "__module__", None) == HTTPRoute.__module__
