"""Limits on the concurrent transfers of a worker: beyond them a transfer waits in line, and is refused in the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import anyio

from domain.errors import OverloadedError

if TYPE_CHECKING:
    from service.observability.metrics import TransferMetrics

WAIT_SECONDS = 3.0


class ConcurrencyLimit:
    """Slots for `limit` uploads, or downloads. Where none is free, a transfer waits in line for `timeout` seconds."""

    def __init__(self, metrics: "TransferMetrics", limit: int, *, timeout: float) -> None:
        self._metrics = metrics
        self._free = anyio.Semaphore(limit, fast_acquire=True)
        self._timeout = timeout

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold a slot until the context ends. Entering raises `OverloadedError`."""
        await self._acquire()
        self._metrics.began()
        try:
            yield
        finally:
            self._metrics.ended()
            self._free.release()

    async def _acquire(self) -> None:
        with suppress(anyio.WouldBlock):
            self._free.acquire_nowait()
            return
        with anyio.move_on_after(self._timeout):
            await self._free.acquire()
            return
        self._metrics.refused()
        raise OverloadedError(f"Too many {self._metrics.kind} run at once.")


class Capacity:
    """The concurrency limits of a worker, for uploads and for downloads."""

    def __init__(self, *, uploads: int, downloads: int, timeout: float = WAIT_SECONDS) -> None:
        # The commands import this module, and a process that has imported the metrics cannot fork workers that share
        # theirs.
        from service.observability.metrics import TransferMetrics  # noqa: PLC0415

        self.uploads = ConcurrencyLimit(TransferMetrics("uploads"), uploads, timeout=timeout)
        self.downloads = ConcurrencyLimit(TransferMetrics("downloads"), downloads, timeout=timeout)
