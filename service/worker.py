"""One worker: a process with one event loop, one container, one application and its server."""

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence
from functools import partial

import structlog
import uvicorn
import uvloop
from dishka import AsyncContainer

from domain.errors import FileportError
from service.app import create_app
from service.container.container import make_container, open_stores
from service.heap import trim_forever
from service.http.middleware.in_flight import InFlightRequests
from service.observability.causes import facts_of
from service.observability.request_figures import write_request_figures
from service.observability.request_lines import REQUESTS
from service.observability.retries import observe_retries
from service.server.connection_shares import ConnectionShare
from service.server.connections import Connections
from service.server.graceful_shutdown import GracefulServer
from service.server.http1.protocol import Http1Protocol
from service.server.http1.refusals import Refusals
from service.settings import Settings

log = structlog.get_logger()

_TRIM_SECONDS = 10.0


def run_worker(
    settings: Settings, listeners: Sequence[socket.socket], share: ConnectionShare, on_serving: Callable[[], None]
) -> None:
    """Accept its `share` of connections on the bound `listeners` until SIGTERM, then shut down gracefully."""
    container, in_flight = make_container(settings), InFlightRequests()
    server = make_server(settings, container, in_flight, share, on_serving)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve(server, container, in_flight, listeners))
    finally:
        REQUESTS.flush()
        write_request_figures()


async def _serve(
    server: GracefulServer,
    container: AsyncContainer,
    in_flight: InFlightRequests,
    listeners: Sequence[socket.socket],
) -> None:
    try:
        await open_stores(container)
    except FileportError as error:
        # Within the lifespan it would be logged with a traceback.
        log.critical("the worker cannot start", **facts_of(error))
        await container.close()
        sys.exit(1)
    trimming = asyncio.create_task(trim_forever(lambda: not in_flight.count, interval=_TRIM_SECONDS))
    try:
        await server.serve(list(listeners))
    finally:
        trimming.cancel()


def make_server(
    settings: Settings,
    container: AsyncContainer,
    in_flight: InFlightRequests,
    share: ConnectionShare,
    on_serving: Callable[[], None],
) -> GracefulServer:
    """Return the server of the application on the parts that `container` holds. `in_flight` tracks its requests."""
    observe_retries()
    refusals = Refusals(origins=settings.allowed_origins, trusted_proxies=settings.trusted_proxies)
    config = uvicorn.Config(
        create_app(container, settings, in_flight),
        interface="asgi3",
        http=partial(
            Http1Protocol,
            refusals=refusals,
            connections=Connections(settings.max_connections, share.update),
            stalled_seconds=settings.response_idle_timeout,
        ),  # type: ignore[arg-type] # it is called, no more
        ws="none",
        lifespan="on",
        timeout_keep_alive=settings.keep_alive,  # type: ignore[arg-type] # seconds of any kind
        # `proxies.forwarded` reads headers of proxies, `middleware.request_log` logs and dates.
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_config=None,
        log_level="error",
    )
    return GracefulServer(config, in_flight, share, timeout=settings.shutdown_timeout, on_serving=on_serving)
