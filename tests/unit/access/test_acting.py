"""A request acts for its own caller, whoever called before on the connection."""

from typing import Any, cast

from dishka import AsyncContainer
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from domain.access.acting import acting
from domain.access.callers import NOBODY, ROOT
from service.http.access import OPEN
from service.http.authentication import Authentication


async def test_a_route_without_credentials_acts_for_nobody() -> None:
    handler = cast(BaseRouteHandler, type("Handler", (), {"opt": {"access": OPEN}, "handler_name": "open"}))
    scope: Any = {"type": "http", "method": "GET", "headers": []}
    token = acting.set(ROOT)
    try:
        await Authentication(cast(AsyncContainer, None))(ASGIConnection(scope), handler)
        assert acting.get() == NOBODY
    finally:
        acting.reset(token)
