"""The share that the check of a key has in a metadata GET, in processor time, without a server and its HTTP.

So the share is rather too large. `python -m bench.works.authentication FILE`, in a server's environment, prints it in
percent: of a key that the worker remembers, as nearly all are.
"""

import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import uvloop

from bench.reporting.samples import Sample
from domain.access.callers import ROOT
from domain.access.scopes import Scope
from domain.keys.checking.key_source import KeySource
from domain.keys.create_key import CreateKey
from domain.keys.model import NewKey
from service.app import create_app
from service.container.container import make_container, open_stores
from service.observability.logs import configure_logs
from service.settings import Settings, read_settings

_ROUNDS = 5
_CALLS = 400
_ADDRESS = "127.0.0.1"


async def measure(settings: Settings, file_id: str) -> Sample:
    """Measure beside a server that has the file."""
    container = make_container(settings)
    try:
        await open_stores(container)
        app: Any = create_app(container, settings)
        source = await container.get(KeySource)
        create = await container.get(CreateKey)
        scopes = (Scope(actions=("read", "list"), bucket="default"),)
        issued = await create(ROOT, NewKey(name="bench", scopes=scopes))

        async def ask() -> None:
            await _get(app, f"/v1/files/{file_id}", issued.secret)

        async def check() -> None:
            assert await source.caller_of(issued.secret, _ADDRESS)

        # In turns, and the least of each: other processes take caches and clock rates away.
        seconds = [[await _seconds(call) for call in (ask, check)] for _ in range(_ROUNDS)]
        request, checked = (min(each) for each in zip(*seconds, strict=True))
        return Sample(value=100 * checked / request)
    finally:
        await container.close()


async def _seconds(call: Callable[[], Awaitable[None]]) -> float:
    begun = time.process_time()
    for _ in range(_CALLS):
        await call()
    return (time.process_time() - begun) / _CALLS


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


def main() -> None:
    settings = read_settings(os.environ)
    # Logging is a part of requests that this one does without, which makes the share larger.
    configure_logs(level="warning", format_=settings.log_format, origins={})
    print(msgspec.json.encode(uvloop.run(measure(settings, sys.argv[1]))).decode())


if __name__ == "__main__":
    main()
