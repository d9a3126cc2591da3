"""The share that the check of a key has in a metadata GET: processor time of this process, which alone is loaded.

The requests go to the application itself, without a server and its HTTP, so that the share is rather too large.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import uvloop

from domain.access.callers import ROOT
from domain.access.scopes import Scope
from domain.keys.checking.key_cache import KeyCache
from domain.keys.checking.key_source import KeySource
from domain.keys.create_key import CreateKey
from domain.keys.model import NewKey
from service import embedded
from service.container.container import make_container, open_stores
from service.http.app import create_app
from service.observability.logs import configure_logs
from service.settings import Settings, read_settings

ROUNDS = 5
CALLS = 400
_ADDRESS = "127.0.0.1"


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds of the processor: a GET, and in it the check of a key that is remembered, and of one that is not."""

    request: float
    remembered: float
    looked_up: float


def measure_authentication(environ: Mapping[str, str], file_id: str) -> Shares:
    """Measure beside a server that runs in this environment, and has the file."""
    settings = read_settings(environ)
    # Logging is a part of requests that this one does without, which makes the share larger.
    configure_logs(level="warning", format_=settings.log_format, origins={})
    with embedded.found_stack(settings) as found:
        return uvloop.run(_measure(found, file_id))


async def _measure(settings: Settings, file_id: str) -> Shares:
    container = make_container(settings)
    try:
        await open_stores(container)
        app: Any = create_app(container, settings)
        source, cache = await container.get(KeySource), await container.get(KeyCache)
        create = await container.get(CreateKey)
        scopes = (Scope(actions=("read", "list"), bucket="default"),)
        issued = await create(ROOT, NewKey(name="bench", scopes=scopes))

        async def ask() -> None:
            await _get(app, f"/v1/files/{file_id}", issued.secret)

        async def check() -> None:
            assert await source.caller_of(issued.secret, _ADDRESS)

        async def look_up() -> None:
            cache.forget(issued.key.access_key_id)
            await check()

        # In turns, and the least of each: other processes take caches and clock rates away.
        seconds = [[await _seconds(call) for call in (ask, check, look_up)] for _ in range(ROUNDS)]
        request, remembered, looked_up = (min(each) for each in zip(*seconds, strict=True))
        return Shares(request=request, remembered=remembered, looked_up=looked_up)
    finally:
        await container.close()


async def _seconds(call: Callable[[], Awaitable[None]]) -> float:
    begun = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - begun) / CALLS


async def _get(app: Any, path: str, secret: str) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {secret}".encode())],
        "client": (_ADDRESS, 1),
        "server": (_ADDRESS, 80),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200

    await app(scope, receive, send)
