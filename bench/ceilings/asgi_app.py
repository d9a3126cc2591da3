"""Bare ASGI on uvicorn, and bare ASGI with one query: `uvicorn bench.ceilings.asgi_app:app`."""

from typing import Any

from bench.ceilings.catalog import Row, close_pool, encode, find, open_pool

_JSON = [(b"content-type", b"application/json")]


class App:
    """`/` answers a constant, any other path the row of the file whose id ends it."""

    def __init__(self) -> None:
        self._pool: Any = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        path = scope["path"]
        if path == "/":
            await _answer(send, b'{"status":"ok"}')
            return
        row: Row = await find(self._pool, path.rpartition("/")[2])
        await _answer(send, encode(row))

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._pool = await open_pool()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await close_pool(self._pool)
        await send({"type": "lifespan.shutdown.complete"})


async def _answer(send: Any, body: bytes) -> None:
    headers = [*_JSON, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = App()
