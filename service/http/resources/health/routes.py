"""`/health` and `/metrics`: for the platform that runs the service."""

from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response

from domain.maintenance.check_health import CheckHealth
from service.http.resources.health import openapi
from service.http.resources.health.bodies import Liveness, Readiness, StoreState
from service.http.routing import get_or_head
from service.http.tags import HEALTH
from service.observability.metrics import exposition

# The state now does not tell the state later.
_UNCACHED = {"Cache-Control": "no-store"}


@get_or_head("/health/live", operation=openapi.LIVE)
async def live() -> Response[Liveness]:
    """Answer while the process runs.

    It touches no store: a failing one is no reason to restart the process.
    """
    return Response(Liveness(), headers=_UNCACHED)


@get_or_head("/health/ready", operation=openapi.READY)
async def ready(check: FromDishka[CheckHealth]) -> Response[Readiness]:
    """Answer 200 while both stores work, else 503 and which of them fails."""
    health = await check()
    works = all(health.values())
    body = Readiness(_state(works), _state(health["catalog"]), _state(health["blob_store"]))
    return Response(body, status_code=200 if works else 503, headers=_UNCACHED)


@get_or_head("/metrics", operation=openapi.METRICS)
async def metrics() -> Response[bytes]:
    """Return the service's figures in Prometheus's text format."""
    figures, media_type = exposition()
    # As a header, for Litestar adds a charset to the type of any text, even to one that has a charset.
    return Response(figures, headers={**_UNCACHED, "Content-Type": media_type})


def _state(works: bool) -> StoreState:
    return "ok" if works else "failing"


ROUTER = DishkaRouter("/", opt={"tag": HEALTH}, route_handlers=[live, ready, metrics])
