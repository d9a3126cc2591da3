"""The time of the running event loop, in the hands of a test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest


class LoopClock:
    """Stops the event loop's time: timeouts run out when a test says so, however slow the machine is."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loop = asyncio.get_running_loop()
        self._now = loop.time()
        monkeypatch.setattr(loop, "time", lambda: self._now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let a second pass with each turn of the event loop until the context ends."""
        running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            running.cancel()

    async def _run(self) -> None:
        while True:
            self._now += 1
            await asyncio.sleep(0)
