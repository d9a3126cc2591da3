"""Reserved blob keys, kept ready: step 1 of the write protocol, in one transaction for many uploads."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import anyio

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobRecords
from domain.errors import (
    CatalogUnavailableError,
    InsufficientStorageError,
    LeaseLostError,
    OutcomeUnknownError,
    UnavailableError,
)
from domain.values.clock import Clock

RELEASE_SECONDS = 5


class Reservation:
    """A blob key that the catalog has on record as staged, until its lease is lost.

    `renew_at`, a time of `Clock.monotonic`, is when half of the lease is gone.
    """

    __slots__ = ("key", "lost", "renew_at")

    def __init__(self, key: str, renew_at: float) -> None:
        self.key = key
        self.renew_at = renew_at
        self.lost = False

    def check(self) -> None:
        """Raise `LeaseLostError` where the lease is known to be lost."""
        if self.lost:
            raise LeaseLostError("The upload's lease has ended.")


class Reservations:
    """Hands out reserved keys, each once, and keeps the leases of all of them. `lease` is in seconds.

    A key is reserved by a committed row before it is handed out, so before any byte is stored under it. One statement
    renews all leases that are due, those of stalled uploads too. A timer calls `renew_due` several times in half a
    lease.
    """

    def __init__(self, blob_records: BlobRecords, clock: Clock, *, lease: float, batch: int = 16) -> None:
        self._blob_records = blob_records
        self._clock = clock
        self._lease = lease
        self._batch = batch
        self._ready: deque[Reservation] = deque()
        self._taken: dict[str, Reservation] = {}
        self._reserving = anyio.Lock()

    @asynccontextmanager
    async def holding(self, prepare: Callable[[str], Awaitable[object]] | None = None) -> AsyncIterator[Reservation]:
        """Hold a reservation while its bytes are stored and committed, and give it up where that ends in an error.

        `prepare` is awaited first, with the key. Where it finds no room, the key serves the next upload.
        """
        reservation = await self.take()
        is_prepared = False
        try:
            if prepare is not None:
                await prepare(reservation.key)
            is_prepared = True
            yield reservation
        except InsufficientStorageError:
            if is_prepared:
                await self.release(reservation, at_once=True)
            else:
                self._ready.append(reservation)
            raise
        except OutcomeUnknownError:
            raise  # the blob may be live; if it is not, its lease ends
        except BlobStoreUnavailableError:
            await self.release(reservation, at_once=False)
            raise
        except Exception:
            await self.release(reservation, at_once=True)
            raise
        except BaseException:  # cancelled: a request to the store may still be on its way
            await self.release(reservation, at_once=False)
            raise
        finally:
            self.forget(reservation)

    async def take(self) -> Reservation:
        """Return a reservation with at least half of its lease left. It ends with `release` or `forget`."""
        while True:
            if reservation := self._next_ready():
                self._taken[reservation.key] = reservation
                return reservation
            async with self._reserving:
                if not self._ready:
                    await self._reserve()

    async def renew_due(self) -> None:
        """Renew every lease of which half is gone, and mark those that are lost."""
        due = [each for each in (*self._ready, *self._taken.values()) if self._is_due(each)]
        if not due:
            return
        renew_at = self._next_renewal()
        kept = await self._blob_records.renew_leases([each.key for each in due], lease=self._lease)
        for each in due:
            each.renew_at = renew_at
            each.lost = each.key not in kept

    async def confirm(self, reservation: Reservation) -> None:
        """Return if the lease holds. Where the catalog is down, the commit checks it instead.

        Raises `LeaseLostError`.
        """
        with suppress(UnavailableError):
            await self.renew_due()
        reservation.check()

    def forget(self, reservation: Reservation) -> None:
        """Stop renewing the lease: the reservation became a file, or its outcome is not known."""
        self._taken.pop(reservation.key, None)

    async def release(self, reservation: Reservation, *, at_once: bool) -> None:
        """Give up a reservation that did not become a file; `at_once` where nothing writes under its key any more.

        Runs to its end even in a cancelled task.
        """
        self.forget(reservation)
        await self._release([reservation.key], at_once=at_once)

    async def close(self) -> None:
        """Give up every reservation that was not handed out."""
        keys = [reservation.key for reservation in self._ready]
        self._ready.clear()
        if keys:
            await self._release(keys, at_once=True)

    def _next_ready(self) -> Reservation | None:
        while self._ready:
            reservation = self._ready.popleft()
            if not reservation.lost and not self._is_due(reservation):
                return reservation
        return None

    def _is_due(self, reservation: Reservation) -> bool:
        return self._clock.monotonic() >= reservation.renew_at

    async def _reserve(self) -> None:
        keys = [new_blob_key() for _ in range(self._batch)]
        # Computed before the call, so that the lease never ends earlier in the catalog than here.
        renew_at = self._next_renewal()
        try:
            await self._blob_records.reserve_blobs(keys, lease=self._lease)
        except OutcomeUnknownError as error:
            # No upload has these keys, and their leases end: for certain, nothing was stored.
            raise CatalogUnavailableError(error.detail) from error
        self._ready.extend(Reservation(key, renew_at) for key in keys)

    def _next_renewal(self) -> float:
        return self._clock.monotonic() + self._lease / 2

    async def _release(self, keys: list[str], *, at_once: bool) -> None:
        with anyio.move_on_after(RELEASE_SECONDS, shield=True):
            try:
                await self._blob_records.release_blobs(keys, at_once=at_once)
            except UnavailableError:
                return  # the leases end, and the reaper condemns the blobs a little later
