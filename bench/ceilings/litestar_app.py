"""Litestar's bare static route, one query, and one insert: `uvicorn bench.ceilings.litestar_app:app`."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, get, put
from litestar.datastructures import State

from bench.ceilings.catalog import Row, close_pool, find, open_pool
from bench.ceilings.inserts import TABLES, insert


@get("/", sync_to_thread=False)
def nothing() -> dict[str, str]:
    return {"status": "ok"}


@get("/files/{file_id:uuid}")
async def metadata(file_id: UUID, state: State) -> Row:
    row: Row = await find(state.pool, file_id)
    return row


class Inserted(msgspec.Struct):
    id: UUID
    created_at: datetime


@put("/uploads/{name:path}", status_code=201)
async def store(name: str, request: Request[Any, Any, Any], state: State) -> Inserted:
    return Inserted(*await insert(state.pool, name, await request.body()))


async def _open(app: Litestar) -> None:
    app.state.pool = await open_pool()
    await app.state.pool.execute(TABLES)


async def _close(app: Litestar) -> None:
    pool: Any = app.state.pool
    await close_pool(pool)


app = Litestar([nothing, metadata, store], on_startup=[_open], on_shutdown=[_close], openapi_config=None)
