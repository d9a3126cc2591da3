"""The ASGI application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from dishka import AsyncContainer
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp

from domain.audit.denials import Denials
from domain.errors import FileportError
from service.container.container import open_stores
from service.container.injection import inject_from
from service.http import problems
from service.http.access import check_declared
from service.http.authentication import Authentication
from service.http.direct_routes import DirectRoutes
from service.http.headers.content_coding import refuse_content_coding
from service.http.headers.singletons import refuse_repeated
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
from service.http.middleware.selection import Rule, select_wrappers
from service.http.openapi.pages import root_route, schema_router
from service.http.proxies.base_url import own_url
from service.http.queries import check_query
from service.http.request import FileportRequest
from service.http.resources.archives import routes as archives
from service.http.resources.audit import routes as audit
from service.http.resources.batches import routes as batches
from service.http.resources.buckets import routes as buckets
from service.http.resources.content import routes as content
from service.http.resources.direct_uploads import routes as direct_uploads
from service.http.resources.files import routes as files
from service.http.resources.health import routes as health
from service.http.resources.jobs import routes as jobs
from service.http.resources.keys import routes as keys
from service.http.resources.links import routes as links
from service.http.resources.links import shares
from service.http.resources.links import uploads as link_uploads
from service.http.resources.uploads import routes as uploads
from service.http.routing import CompleteRouter, in_turn
from service.http.tags import TAGS
from service.http.tus.protocol import is_tus, speak_tus
from service.runtime.background import run_in_background
from service.runtime.memory_budget import MemoryBudget
from service.settings import Settings


def create_app(
    container: AsyncContainer,
    settings: Settings,
    in_flight: InFlightRequests | None = None,
    *,
    has_direct_routes: bool = True,
) -> ASGIApp:
    """Return the application on the parts that `container` holds. The application closes the container when it ends.

    `in_flight` tracks its requests. `has_direct_routes` says whether hot routes are served beneath the framework, which
    shows in the time that they take, and in nothing else.
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

    v1 = CompleteRouter(
        "/v1",
        route_handlers=[
            buckets.ROUTER,
            files.ROUTER,
            content.ROUTER,
            batches.ROUTER,
            uploads.ROUTER,
            direct_uploads.ROUTER,
            jobs.ROUTER,
            archives.ROUTER,
            links.ROUTER,
            keys.ROUTER,
            audit.ROUTER,
        ],
        guards=[in_turn(Authentication(container), check_query, refuse_repeated, refuse_content_coding)],
        response_headers={"Cache-Control": "no-store"},  # unless a response says otherwise
    )
    # Their token is the credential.
    open_links = CompleteRouter(
        "/s",
        route_handlers=[shares.ROUTER, link_uploads.ROUTER],
        guards=[in_turn(check_query, refuse_repeated, refuse_content_coding)],
        response_headers={"Cache-Control": "no-store"},
    )
    app = Litestar(
        route_handlers=[v1, open_links, health.ROUTER],
        request_class=FileportRequest,
        lifespan=[lifespan],
        exception_handlers={
            FileportError: problems.from_domain,
            HTTPException: problems.from_framework,
            Exception: problems.from_bug,
        },
        openapi_config=None,
        logging_config=None,
    )
    find_url = partial(own_url, public_url=settings.public_url, trusted_proxies=settings.trusted_proxies)
    app.register(schema_router(app.routes, TAGS, find_url))
    app.register(root_route(find_url))
    check_declared(app.routes)
    inject_from(container, app)
    innermost: ASGIApp = DirectRoutes(app, container) if has_direct_routes else app
    return select_wrappers(innermost, _middleware(container, settings, in_flight or InFlightRequests()))


def _middleware(container: AsyncContainer, settings: Settings, in_flight: InFlightRequests) -> list[Rule]:
    """Return the wrappers of the application, the outermost first, and which requests enter them."""
    timeouts = ResponseTimeouts(idle=settings.response_idle_timeout, total=settings.body_timeout)
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
        Rule(partial(share_body_memory, budget=MemoryBudget()), has_body),
        # Next to the application, which renders its error.
        Rule(partial(limit_body_time, idle=settings.body_idle_timeout, total=settings.body_timeout), has_body),
    ]
