"""The end of a worker: what runs is finished, what is not finished in time is undone, and then all is closed."""

import asyncio
import signal
from typing import Any

import anyio
import structlog
from litestar.types import ASGIApp, Receive, Send

from service.http.connections import cut_all
from service.http.running import RunningRequests

log = structlog.get_logger()

# For the last answers to reach their clients.
_FAREWELL_SECONDS = 1.0


def drain_on_sigterm(app: ASGIApp, requests: RunningRequests, *, port: int, patience: float) -> ASGIApp:
    """Wrap `app`: after SIGTERM its `requests` have `patience` seconds, then they are cancelled.

    The connections that clients have to `port` are cut after them. SIGTERM is taken from the server, and becomes the
    SIGINT that it waits for as well: it stops accepting, waits for its connections and ends the lifespan.
    """

    async def drained(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        ending = anyio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_drain, ending, requests, port, patience)
            await app(scope, receive, send)
            tasks.cancel_scope.cancel()

    return drained


async def _drain(ending: anyio.Event, requests: RunningRequests, port: int, patience: float) -> None:
    await ending.wait()
    # Once: the server's own handler waits for ever when it is called a third time.
    signal.raise_signal(signal.SIGINT)
    await anyio.sleep(patience)
    if requests.count:
        log.warning("requests cancelled", requests=requests.count, after=patience)
        await requests.cancel()
    # These wait for clients to take what was sent to them.
    await anyio.sleep(_FAREWELL_SECONDS)
    if count := cut_all(port):
        log.warning("connections cut", connections=count)
