"""How much a worker does at once. What comes beyond waits a little, in line, and is then refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from domain.errors import OverloadedError

if TYPE_CHECKING:
    from service.observability.metrics import TransferFigures

WAIT_SECONDS = 3.0


class ConcurrencyLimit:
    """Room for `most` uploads, or downloads. Who finds none free waits `timeout` seconds at most, in line."""

    def __init__(self, figures: "TransferFigures", most: int, *, timeout: float) -> None:
        self._figures = figures
        self._free = anyio.Semaphore(most, fast_acquire=True)
        self._timeout = timeout

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot until the context ends. Entering raises `OverloadedError`."""
        await self._take()
        self._figures.began()
        try:
            yield
        finally:
            self._figures.ended()
            self._free.release()

    async def _take(self) -> None:
        with suppress(anyio.WouldBlock):
            self._free.acquire_nowait()
            return
        with anyio.move_on_after(self._timeout):
            await self._free.acquire()
            return
        self._figures.refused()
        raise OverloadedError(f"Too many {self._figures.kind} run at once.")


class Capacity:
    """The concurrency limits of a worker, for uploads and for downloads."""

    def __init__(self, *, uploads: int, downloads: int, timeout: float = WAIT_SECONDS) -> None:
        # The commands import this, and a process that has imported the figures cannot fork workers that share theirs.
        from service.observability.metrics import TransferFigures  # noqa: PLC0415

        self.uploads = ConcurrencyLimit(TransferFigures("uploads"), uploads, timeout=timeout)
        self.downloads = ConcurrencyLimit(TransferFigures("downloads"), downloads, timeout=timeout)
