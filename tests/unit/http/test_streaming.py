"""How a download ends when its client does, which only the server's own messages tell."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio

from domain.access.callers import CallerLimits
from domain.access.limits import LimitCallers
from service.http.streaming import ContentResponse
from service.runtime.concurrency import Capacity
from tests.fakes.clock import FakeClock

MEBIBYTE = 1024 * 1024


async def test_a_client_that_leaves_ends_a_download_and_frees_the_blob() -> None:
    chunks_read: list[int] = []
    freed = False
    gone = anyio.Event()

    @asynccontextmanager
    async def endless() -> AsyncIterator[AsyncIterator[bytes]]:
        nonlocal freed

        async def chunks() -> AsyncIterator[bytes]:
            while True:
                chunks_read.append(1)
                yield bytes(MEBIBYTE)

        try:
            yield chunks()
        finally:
            freed = True

    async def receive() -> Any:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        # A server takes all that is sent, whether somebody is there or not.
        if len(chunks_read) == 3:
            gone.set()
        await anyio.lowlevel.checkpoint()

    scope: Any = {"type": "http", "method": "GET"}
    with anyio.fail_after(60):
        places = Capacity(LimitCallers(FakeClock(), CallerLimits()), uploads=1, downloads=1).downloads
        await ContentResponse(endless(), {}, places, size=2**40)(scope, receive, send)
    assert freed
    assert len(chunks_read) < 10
