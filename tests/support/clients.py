"""HTTP clients of the service, and their credentials."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from litestar.types import ASGIApp

from tests.support.polling import pause

ROOT_KEY = "a-key-that-only-the-tests-know"
SERVICE_SECRET = "a-service-secret-that-only-the-tests-know"


@asynccontextmanager
async def running(app: ASGIApp) -> AsyncIterator[None]:
    """Run the lifespan of `app` on this event loop, in a task of its own, as a server does."""
    to_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    from_app: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    scope: Any = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    lifespan = asyncio.ensure_future(app(scope, to_app.get, from_app.put))  # type: ignore[arg-type] # plain dicts
    await to_app.put({"type": "lifespan.startup"})
    started = await from_app.get()
    if started["type"] != "lifespan.startup.complete":
        await lifespan
    try:
        yield
    finally:
        await to_app.put({"type": "lifespan.shutdown"})
        await lifespan


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    """Return a client of a running `app` that bears the root key."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),  # type: ignore[arg-type] # the same protocol
        base_url="http://fileport.test",
        headers={"Authorization": f"Bearer {ROOT_KEY}"},
    )


def said_of_content(answer: httpx.Response) -> dict[str, str]:
    """Return the answer's headers, but for those that are of the message and of how it is framed."""
    framing = {"date", "transfer-encoding", "x-request-id"}
    return {name: value for name, value in answer.headers.items() if name not in framing}


async def until_refused(make_client: Callable[[], httpx.AsyncClient]) -> None:
    """Wait until nobody new is served, as in a server that drains."""
    with suppress(httpx.TransportError):
        while True:
            async with make_client() as stranger:
                await stranger.get("/health/live")
            await pause()
