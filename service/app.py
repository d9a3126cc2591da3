"""The ASGI application: the HTTP API and the S3 protocol, each in its wrappers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from dishka import AsyncContainer
from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.audit.denials import Denials
from service.container.container import open_stores
from service.http.app import create_api
from service.http.middleware.abort_on_failure import abort_on_failure
from service.http.middleware.body_memory import share_body_memory
from service.http.middleware.body_timeout import limit_body_time
from service.http.middleware.bucket_cors import allow_origins_of_buckets
from service.http.middleware.close_after_early_response import close_after_early_response, has_body
from service.http.middleware.cors import allow_origins, has_origin
from service.http.middleware.in_flight import InFlightRequests
from service.http.middleware.link_requests import is_link, keep_links_secret
from service.http.middleware.one_spelling import may_be_misspelled, spell_once
from service.http.middleware.own_locations import own_locations
from service.http.middleware.request_log import log_requests
from service.http.middleware.response_progress import track_response
from service.http.middleware.response_timeout import ResponseTimeouts
from service.http.middleware.selection import Rule, Wrap, select_wrappers
from service.http.tus.protocol import is_tus, speak_tus
from service.runtime.background import run_in_background
from service.runtime.memory_budget import MemoryBudget
from service.s3.address import Addresses
from service.s3.app import S3App
from service.s3.cors import Cors, has_origin_or_asks
from service.s3.responses import add_request_ids, send_refusal
from service.settings import Settings


def create_app(
    container: AsyncContainer,
    settings: Settings,
    in_flight: InFlightRequests | None = None,
    *,
    has_direct_routes: bool = True,
) -> ASGIApp:
    """Return the application on the parts that `container` holds. The application closes the container when it ends.

    `in_flight` tracks its requests. `has_direct_routes` is for the API.
    """
    if settings.root_key is None:
        raise ValueError("The application needs a root key.")

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            # So that a store that cannot be opened stops the start.
            await open_stores(container)
            app.state.denials = await container.get(Denials)
            async with run_in_background(container, settings):
                yield
        finally:
            await container.close()

    in_flight, memory = in_flight or InFlightRequests(), MemoryBudget()
    addresses = Addresses(settings.s3_port, settings.s3_domain)
    timeouts = ResponseTimeouts(idle=settings.response_idle_timeout, total=settings.body_timeout)
    api = select_wrappers(
        create_api(container, settings, lifespan, has_direct_routes=has_direct_routes),
        _wrappers_of_api(container, settings, in_flight, timeouts, memory),
    )
    cors = partial(Cors, container=container, addresses=addresses, origins=settings.allowed_origins)
    s3 = select_wrappers(S3App(container, addresses), _wrappers_of_s3(settings, in_flight, timeouts, memory, cors))

    async def by_protocol(scope: Scope, receive: Receive, send: Send) -> None:
        await (s3 if scope["type"] == ScopeType.HTTP and addresses.is_s3(scope) else api)(scope, receive, send)

    return by_protocol


def _wrappers_of_api(
    container: AsyncContainer,
    settings: Settings,
    in_flight: InFlightRequests,
    timeouts: ResponseTimeouts,
    memory: MemoryBudget,
) -> list[Rule]:
    """Return the wrappers of the API, the outermost first, and which requests enter them."""
    return [
        # Records the progress of the response that is really sent, whichever wrapper below sends it.
        Rule(track_response),
        # Logs and dates all responses, those of the wrappers below included.
        Rule(partial(log_requests, trusted_proxies=settings.trusted_proxies)),
        # Covers all responses to links, those of the wrappers below included.
        Rule(keep_links_secret, is_link),
        # Does the same for the files of a public bucket, by its own rules.
        Rule(partial(allow_origins_of_buckets, container=container, origins=settings.allowed_origins), has_origin),
        # Answers preflights, and shows pages every response, refusals included.
        Rule(partial(allow_origins, origins=settings.allowed_origins)),
        # Makes URLs of the locations of all responses.
        Rule(partial(own_locations, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)),
        # Refuses other spellings of operational paths before anything looks at them.
        Rule(spell_once, may_be_misspelled),
        # Cancels all work below, so that it is undone, and can still send a 503.
        Rule(partial(in_flight.track, timeouts=timeouts)),
        # Ends connections whose response fails anywhere below.
        Rule(abort_on_failure),
        # Puts the headers of tus on early responses, too, and overrides methods before the routing.
        Rule(partial(speak_tus, max_size=settings.max_file_size), is_tus),
        # Drops the rest of a body after the timeouts below have ended: it has limits of its own.
        Rule(close_after_early_response, has_body),
        # Gives the memory of a body back once the body is of no use to the application.
        Rule(partial(share_body_memory, budget=memory), has_body),
        # Next to the application, which renders its error.
        Rule(partial(limit_body_time, idle=settings.body_idle_timeout, total=settings.body_timeout), has_body),
    ]


def _wrappers_of_s3(
    settings: Settings, in_flight: InFlightRequests, timeouts: ResponseTimeouts, memory: MemoryBudget, cors: Wrap
) -> list[Rule]:
    """Return the wrappers of the S3 protocol, in the same order: those that are about requests, not about the API."""
    return [
        Rule(track_response),
        Rule(partial(log_requests, trusted_proxies=settings.trusted_proxies)),
        # Covers all responses, those of the wrappers below included.
        Rule(add_request_ids),
        # Answers preflights, and shows pages what the rules of a bucket, or the settings, allow.
        Rule(cors, has_origin_or_asks),
        Rule(partial(in_flight.track, timeouts=timeouts, refuse=send_refusal)),
        Rule(abort_on_failure),
        Rule(close_after_early_response, has_body),
        Rule(partial(share_body_memory, budget=memory), has_body),
        Rule(partial(limit_body_time, idle=settings.body_idle_timeout, total=settings.body_timeout), has_body),
    ]
