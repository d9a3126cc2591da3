"""Locks on resumable uploads: one request at a time, in whichever replica, works on an upload."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import anyio
import msgspec

from domain.access.callers import SYSTEM
from domain.blobs.errors import InterruptedBodyError
from domain.blobs.partials import Progress
from domain.errors import CatalogUnavailableError, LeaseLostError, OutcomeUnknownError, UnavailableError
from domain.uploads.errors import NoSuchUploadError, UploadExpiredError, UploadLockedError
from domain.uploads.model import LockedUpload
from domain.uploads.ports import UploadLocks, Uploads
from domain.values.limits import Limits

LEASE_SECONDS = 5.0
TICK_SECONDS = 1.0
IDLE_SECONDS = 2.0
POLL_SECONDS = 0.2
RELEASE_SECONDS = 5.0

T = TypeVar("T")


class LockTimings(msgspec.Struct, frozen=True, kw_only=True):
    """The durations of a lock, in seconds.

    The `lease` is renewed at every `tick` while the request makes progress. A request that waits for the lock tries
    again every `poll`, for a little longer than a lease at most. The lock of a client that has sent nothing for `idle`
    goes to a request that waits for it.
    """

    lease: float = LEASE_SECONDS
    tick: float = TICK_SECONDS
    idle: float = IDLE_SECONDS
    poll: float = POLL_SECONDS


class UploadLock:
    """The lock of one request on an upload. Another request may take it over while this one makes no progress.

    `upload` is the upload after the changes made under this lock. The answer is made from it, not read once more: the
    work is done then, and must not be answered with the error of a catalog that has failed since.
    """

    def __init__(
        self, uploads: Uploads, locks: UploadLocks, locked: LockedUpload, timings: LockTimings, *, ttl: float
    ) -> None:
        self.upload = locked.upload
        self.epoch = locked.epoch
        self.is_inherited = locked.is_inherited
        self.is_released = False
        self._uploads = uploads
        self._locks = locks
        self._timings = timings
        self._ttl = ttl
        self._waiting: anyio.CancelScope | None = None
        self._waiting_since = 0.0
        self._failure: Exception | None = None

    async def chunks(self, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Pass `body` through. Raises `InterruptedBodyError` or `LeaseLostError` where the lock is lost."""
        chunks = aiter(body)
        while True:
            if self._failure is not None:
                raise self._failure
            self._waiting_since = anyio.current_time()
            try:
                with anyio.CancelScope() as self._waiting:
                    chunk = await anext(chunks)
            except StopAsyncIteration:
                return
            finally:
                waiting, self._waiting = self._waiting, None
            if waiting.cancelled_caught and self._failure is not None:
                raise self._failure
            yield chunk

    async def save_progress(self, progress: Progress) -> None:
        """Record the progress. Raises `LeaseLostError`."""
        await self._uploads.save_progress(
            self.upload.id, self.epoch, progress, lease=self._timings.lease, ttl=self._ttl
        )
        self.upload = msgspec.structs.replace(self.upload, progress=progress)

    async def confirm(self) -> None:
        """Renew the lease. Raises `LeaseLostError` where the lock is lost."""
        await self._locks.renew_lock(self.upload.id, self.epoch, lease=self._timings.lease)

    async def set_length(self, length: int) -> None:
        """Record the upload's length. Raises `LeaseLostError`."""
        await self._uploads.set_length(self.upload.id, self.epoch, length)
        self.upload = msgspec.structs.replace(self.upload, length=length)

    def mark_finished(self, *, length: int, file_id: UUID | None) -> None:
        """Note that the upload is finished; the change that finished it has released the lock."""
        self.upload = msgspec.structs.replace(self.upload, is_finished=True, length=length, file_id=file_id)
        self.is_released = True

    async def keep_renewed(self) -> None:
        """Renew the lease while the request makes progress; give the lock up to a waiting request when it does not."""
        while True:
            await anyio.sleep(self._timings.tick)
            try:
                await self._renew_or_yield()
            except LeaseLostError as error:
                self._interrupt(error)
                return
            except UnavailableError:
                continue  # the next checkpoint finds out whether the lock was lost

    async def release(self) -> None:
        """Release the lock, unless a change has done so. Runs to its end even in a cancelled task."""
        if not self.is_released:
            with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
                await self._locks.release_lock(self.upload.id, self.epoch)

    async def _renew_or_yield(self) -> None:
        if not self._is_idle():
            await self._locks.renew_lock(self.upload.id, self.epoch, lease=self._timings.lease)
        elif await self._locks.is_release_requested(self.upload.id, self.epoch) and self._is_idle():
            self._interrupt(
                InterruptedBodyError("Another request waits for the upload, and nothing came for this one.")
            )

    def _is_idle(self) -> bool:
        return self._waiting is not None and anyio.current_time() - self._waiting_since >= self._timings.idle

    def _interrupt(self, failure: Exception) -> None:
        self._failure = failure
        if self._waiting is not None:
            self._waiting.cancel()


class LockUpload:
    """Run work on an upload under its lock. An upload lives for `upload_ttl` after the last work on it."""

    errors = (NoSuchUploadError, UploadExpiredError, UploadLockedError)

    def __init__(self, uploads: Uploads, locks: UploadLocks, limits: Limits, timings: LockTimings) -> None:
        self._uploads = uploads
        self._locks = locks
        self._ttl = limits.upload_ttl
        self._timings = timings

    async def __call__(self, id: UUID, work: Callable[[UploadLock], Awaitable[T]]) -> T:
        """Return the result of `work`, which runs under the lock of the upload.

        Raises the errors of `work`, `NoSuchUploadError`, `UploadExpiredError`, and `UploadLockedError` where another
        request works on the upload.
        """
        lock = UploadLock(self._uploads, self._locks, await self._acquire(id), self._timings, ttl=self._ttl)
        failure: Exception | None = None
        results: list[T] = []
        try:
            async with anyio.create_task_group() as renewal:
                renewal.start_soon(lock.keep_renewed)
                try:
                    results.append(await work(lock))
                except Exception as error:  # noqa: BLE001 - raised below, where no group is put around it
                    failure = error
                renewal.cancel_scope.cancel()
        finally:
            await lock.release()
        if failure is not None:
            raise failure
        return results[0]

    async def _acquire(self, id: UUID) -> LockedUpload:
        # Within a tick, a holder that makes progress withdraws the request to release, and one that makes none releases
        # the lock. The lease of a holder that died ends.
        if locked := await self._try_to_acquire(id):
            return locked
        await self._locks.request_release(id)
        end = anyio.current_time() + self._timings.lease + self._timings.tick
        while anyio.current_time() < end:
            await anyio.sleep(self._timings.poll)
            if locked := await self._try_to_acquire(id):
                return locked
            upload = await self._uploads.get_upload(SYSTEM, id)
            if upload.lock_state == "held" and not upload.is_release_requested:
                break
        raise UploadLockedError("Another request is at work on the upload.")

    async def _try_to_acquire(self, id: UUID) -> LockedUpload | None:
        try:
            return await self._locks.acquire_lock(id, lease=self._timings.lease, ttl=self._ttl)
        except OutcomeUnknownError as error:
            # A lock that was acquired after all has no holder, and its lease ends: the upload is unchanged.
            raise CatalogUnavailableError(error.detail) from error
