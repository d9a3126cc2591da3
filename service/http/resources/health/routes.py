"""`/health` and `/metrics`: for the platform that runs the service."""

from typing import Literal

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Response

from domain.maintenance.check_health import CheckHealth
from service.http.get_or_head import read
from service.observability.metrics import exposition

StoreState = Literal["ok", "failing"]


class Liveness(msgspec.Struct, frozen=True):
    """The process runs."""

    status: Literal["ok"] = "ok"


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served, and which store fails if not."""

    status: StoreState
    catalog: StoreState
    blob_store: StoreState


# How it is now is no answer to how it is later.
_ANEW = {"Cache-Control": "no-store"}


@read("/live")
async def live() -> Response[Liveness]:
    """Answer while the process runs."""
    return Response(Liveness(), headers=_ANEW)


@read("/ready")
@inject
async def ready(check_health: FromDishka[CheckHealth]) -> Response[Readiness]:
    """Answer 200 while both stores work, else 503 and which of them fails."""
    health = await check_health()
    works = all(health.values())
    body = Readiness(_state(works), _state(health["catalog"]), _state(health["blob_store"]))
    return Response(body, status_code=200 if works else 503, headers=_ANEW)


@read("/metrics")
async def metrics() -> Response[bytes]:
    """Return the service's figures in Prometheus's text format."""
    figures, media_type = exposition()
    # As a header, for Litestar adds a charset to the type of any text, one that is there or not.
    return Response(figures, headers={**_ANEW, "Content-Type": media_type})


def _state(works: bool) -> StoreState:
    return "ok" if works else "failing"
