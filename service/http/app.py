"""The application of the HTTP API."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from dishka import AsyncContainer
from litestar import Litestar
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Receive, Scope, Send

from domain.errors import FileportError
from service.http import problems
from service.http.access import check_declared
from service.http.authentication import Authentication
from service.http.direct_routes import DirectRoutes
from service.http.headers.content_coding import refuse_content_coding
from service.http.headers.singletons import refuse_repeated
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
from service.settings import Settings

# dishka's wrappers of handlers look here, in the state of a request.
_CONTAINER = "dishka_container"

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_api(
    container: AsyncContainer, settings: Settings, lifespan: Lifespan, *, has_direct_routes: bool
) -> ASGIApp:
    """Return the API on the parts that `container` holds, without wrappers.

    It is served within its `lifespan`, which puts `Denials` into its state as `denials`. `has_direct_routes` says
    whether hot routes are served beneath the framework, which shows in the time that they take, and in nothing else.
    """
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
    _inject_from(container, app)
    return DirectRoutes(app, container) if has_direct_routes else app


def _inject_from(container: AsyncContainer, app: Litestar) -> None:
    """Let the handlers of `app` have their parts from `container`.

    dishka's own `setup_dishka` makes a container for each request, for parts that live as long as one. There are none
    here, and it refers to the request, which refers to it: a circle of a hundred objects that waits for the garbage
    collector.
    """
    app.asgi_handler = _sharing(container, app.asgi_handler)
    app.state.dishka_container = container


def _sharing(container: AsyncContainer, app: ASGIApp) -> ASGIApp:
    async def sharing(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"][_CONTAINER] = container
        await app(scope, receive, send)

    return sharing
