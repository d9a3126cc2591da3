"""Limits on the concurrent transfers of a worker: beyond them a transfer waits in line, and is refused in the end.

One caller may move less at once, and is refused at once.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from typing import TYPE_CHECKING

import anyio

from domain.access.callers import Caller
from domain.access.errors import TooManyTransfersError
from domain.access.limits import LimitCallers
from domain.errors import OverloadedError

if TYPE_CHECKING:
    from service.observability.metrics import TransferMetrics

WAIT_SECONDS = 3.0
_KEYLESS = frozenset({"nobody", "link"})


class ConcurrencyLimit:
    """Slots for `limit` uploads, or downloads. Where none is free, a transfer waits in line for `timeout` seconds.

    One that waits counts among the transfers of its caller, too.
    """

    def __init__(self, metrics: "TransferMetrics", limit: int, callers: LimitCallers, *, timeout: float) -> None:
        self._callers = callers
        self._metrics = metrics
        self._free = anyio.Semaphore(limit, fast_acquire=True)
        self._timeout = timeout

    @asynccontextmanager
    async def slot(self, caller: Caller) -> AsyncIterator[None]:
        """Hold a slot until the context ends. Entering raises `TooManyTransfersError`, `OverloadedError`."""
        with self._callers.transfer(caller):
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


class LimitWithin(ConcurrencyLimit):
    """Up to `limit` of the slots of another one."""

    def __init__(
        self,
        whole: ConcurrencyLimit,
        metrics: "TransferMetrics",
        limit: int,
        callers: LimitCallers,
        *,
        timeout: float,
    ) -> None:
        super().__init__(metrics, limit, callers, timeout=timeout)
        self._whole = whole

    @asynccontextmanager
    async def slot(self, caller: Caller) -> AsyncIterator[None]:
        await self._acquire()
        try:
            async with self._whole.slot(caller):
                yield
        finally:
            self._free.release()


class Capacity:
    """The concurrency limits of a worker, for uploads and for downloads.

    Callers without a key get half of the uploads and of the downloads, and of the `connections` to the catalog, of
    which a listing takes one: the others go on.
    """

    errors = (TooManyTransfersError, OverloadedError)

    def __init__(
        self,
        callers: LimitCallers,
        *,
        uploads: int,
        downloads: int,
        connections: int = 2,
        timeout: float = WAIT_SECONDS,
    ) -> None:
        # The commands import this module, and a process that has imported the metrics cannot fork workers that share
        # theirs.
        from service.observability.metrics import TransferMetrics  # noqa: PLC0415

        sent, received = TransferMetrics("uploads"), TransferMetrics("downloads")
        self.uploads = ConcurrencyLimit(sent, uploads, callers, timeout=timeout)
        self.keyless_uploads = LimitWithin(self.uploads, sent, max(1, uploads // 2), callers, timeout=timeout)
        self.downloads = ConcurrencyLimit(received, downloads, callers, timeout=timeout)
        self._keyless_downloads = LimitWithin(
            self.downloads, received, max(1, downloads // 2), callers, timeout=timeout
        )
        self._keyless_listings = ConcurrencyLimit(
            TransferMetrics("listings"), max(1, connections // 2), callers, timeout=timeout
        )

    def downloads_for(self, caller: Caller) -> ConcurrencyLimit:
        """Return the limit of the caller's downloads."""
        return self._keyless_downloads if caller.kind in _KEYLESS else self.downloads

    def listing_for(self, caller: Caller) -> AbstractAsyncContextManager[None]:
        """Return the slot of a listing. Entering it raises `OverloadedError`."""
        return self._keyless_listings.slot(caller) if caller.kind in _KEYLESS else nullcontext()
