"""`/health` and `/metrics`: for the platform that runs the service."""

import structlog
from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response
from litestar.types import ASGIApp

from domain.errors import UnavailableError
from domain.maintenance.check_health import CheckHealth
from service.http.access import OPEN
from service.http.bodies.json_response import JsonResponse
from service.http.resources.health import openapi
from service.http.resources.health.bodies import Liveness, Readiness, StoreState
from service.http.routing import get_or_head
from service.http.tags import HEALTH
from service.observability.causes import facts_of
from service.observability.metrics import exposition

log = structlog.get_logger()

# The state now does not tell the state later.
_UNCACHED = {"cache-control": "no-store"}


@get_or_head("/health/live", access=OPEN, operation=openapi.LIVE, is_hot=True)
async def live() -> ASGIApp:
    """Answer while the process runs.

    It touches no store: a failing one is no reason to restart the process.
    """
    return JsonResponse(Liveness(), _UNCACHED)


@get_or_head("/health/ready", access=OPEN, operation=openapi.READY)
async def ready(check: FromDishka[CheckHealth]) -> Response[Readiness]:
    """Answer 200 while both stores work, else 503 and which of them fails."""
    failures = await check()
    states = {store: _state(failure) for store, failure in failures.items()}
    for store, failure in failures.items():
        if failure is not None:
            log.warning("not ready", store=store, **facts_of(failure))
    works = not any(failures.values())
    body = Readiness("ok" if works else "failing", **states)
    return Response(body, status_code=200 if works else 503, headers=_UNCACHED)


@get_or_head("/metrics", access=OPEN, operation=openapi.METRICS)
async def metrics() -> Response[bytes]:
    """Return the service's figures in Prometheus's text format."""
    figures, media_type = exposition()
    # As a header, for Litestar adds a charset to the type of any text, even to one that has a charset.
    return Response(figures, headers={**_UNCACHED, "Content-Type": media_type})


def _state(failure: UnavailableError | None) -> StoreState:
    return "ok" if failure is None else "failing"


ROUTER = DishkaRouter("/", opt={"tag": HEALTH}, route_handlers=[live, ready, metrics])
