"""Litestar's bare static route, and Litestar with one query: `uvicorn bench.ceilings.litestar_app:app`."""

from typing import Any
from uuid import UUID

from litestar import Litestar, get
from litestar.datastructures import State

from bench.ceilings.catalog import Row, close_pool, find, open_pool


@get("/", sync_to_thread=False)
def nothing() -> dict[str, str]:
    return {"status": "ok"}


@get("/files/{file_id:uuid}")
async def metadata(file_id: UUID, state: State) -> Row:
    row: Row = await find(state.pool, file_id)
    return row


async def _open(app: Litestar) -> None:
    app.state.pool = await open_pool()


async def _close(app: Litestar) -> None:
    pool: Any = app.state.pool
    await close_pool(pool)


app = Litestar([nothing, metadata], on_startup=[_open], on_shutdown=[_close], openapi_config=None)
