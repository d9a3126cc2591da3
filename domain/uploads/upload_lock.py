"""Turns at resumable uploads: one request at a time, in whichever replica, works on each."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import anyio
import msgspec

from domain.blobs.errors import InterruptedBodyError
from domain.blobs.partials import Progress
from domain.errors import CatalogUnavailableError, LeaseLostError, OutcomeUnknownError, UnavailableError
from domain.uploads.errors import NoSuchUploadError, UploadExpiredError, UploadLockedError
from domain.uploads.model import LockedUpload
from domain.uploads.ports import Uploads

LEASE_SECONDS = 5.0
TICK_SECONDS = 1.0
IDLE_SECONDS = 2.0
POLL_SECONDS = 0.2
RELEASE_SECONDS = 5.0

T = TypeVar("T")


class LockTimings(msgspec.Struct, frozen=True, kw_only=True):
    """How long what takes, in seconds.

    A turn's `lease` is renewed at every `tick` while anything moves. Who waits for a turn looks every `poll`, for a
    little longer than a lease at most. A client that has sent nothing for `idle` gives way to who waits.
    """

    lease: float = LEASE_SECONDS
    tick: float = TICK_SECONDS
    idle: float = IDLE_SECONDS
    poll: float = POLL_SECONDS


class UploadLock:
    """One request's turn at an upload, which another takes away when it stands still.

    `upload` is the upload as this turn has left it. It is what is answered: were it read once more, a catalog that is
    gone by then would make an error of what was done.
    """

    def __init__(self, catalog: Uploads, locked: LockedUpload, timings: LockTimings, *, ttl: float) -> None:
        self.upload = locked.upload
        self.epoch = locked.epoch
        self.is_inherited = locked.is_inherited
        self.is_released = False
        self._catalog = catalog
        self._timings = timings
        self._ttl = ttl
        self._waiting: anyio.CancelScope | None = None
        self._waiting_since = 0.0
        self._failure: Exception | None = None

    async def chunks(self, body: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
        """Pass `body` through. Raises `InterruptedBodyError` or `LeaseLostError` where the turn is taken away."""
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
        """Record how far the bytes are. Raises `LeaseLostError`."""
        await self._catalog.save_progress(
            self.upload.id, self.epoch, progress, lease=self._timings.lease, ttl=self._ttl
        )
        self.upload = msgspec.structs.replace(self.upload, progress=progress)

    async def confirm(self) -> None:
        """Raise `LeaseLostError` where the turn is lost."""
        await self._catalog.renew_lock(self.upload.id, self.epoch, lease=self._timings.lease)

    async def set_length(self, length: int) -> None:
        """Record the upload's length. Raises `LeaseLostError`."""
        await self._catalog.set_length(self.upload.id, self.epoch, length)
        self.upload = msgspec.structs.replace(self.upload, length=length)

    def mark_finished(self, *, length: int, file_id: UUID | None) -> None:
        """Note that the upload is finished, and the turn over with it."""
        self.upload = msgspec.structs.replace(self.upload, is_finished=True, length=length, file_id=file_id)
        self.is_released = True

    async def keep_renewed(self) -> None:
        """Keep the turn for as long as anything moves, and give it up to who waits when nothing does."""
        while True:
            await anyio.sleep(self._timings.tick)
            try:
                await self._renew_or_yield()
            except LeaseLostError as error:
                self._interrupt(error)
                return
            except UnavailableError:
                continue  # what was not kept is told by the next checkpoint

    async def release(self) -> None:
        """Let go, unless the turn ended with what was done. Runs to its end even in a cancelled task."""
        if not self.is_released:
            with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
                await self._catalog.release_lock(self.upload.id, self.epoch)

    async def _renew_or_yield(self) -> None:
        if not self._is_idle():
            await self._catalog.renew_lock(self.upload.id, self.epoch, lease=self._timings.lease)
        elif await self._catalog.is_release_requested(self.upload.id, self.epoch) and self._is_idle():
            self._interrupt(
                InterruptedBodyError("Another request waits for the upload, and nothing came for this one.")
            )

    def _is_idle(self) -> bool:
        return self._waiting is not None and anyio.current_time() - self._waiting_since >= self._timings.idle

    def _interrupt(self, failure: Exception) -> None:
        self._failure = failure
        if self._waiting is not None:
            self._waiting.cancel()


class UploadLocks:
    """Gives requests their turns. An upload that is worked on lives for `ttl` seconds more."""

    errors = (NoSuchUploadError, UploadExpiredError, UploadLockedError)

    def __init__(self, catalog: Uploads, *, ttl: float, timings: LockTimings | None = None) -> None:
        self._catalog = catalog
        self._ttl = ttl
        self._timings = timings or LockTimings()

    async def __call__(self, id: UUID, work: Callable[[UploadLock], Awaitable[T]]) -> T:
        """Return what `work` does in a turn at the upload.

        Raises what it raises, `NoSuchUploadError`, `UploadExpiredError`, and `UploadLockedError` where another request
        is at work on the upload.
        """
        lock = UploadLock(self._catalog, await self._take(id), self._timings, ttl=self._ttl)
        failure: Exception | None = None
        results: list[T] = []
        try:
            async with anyio.create_task_group() as keeping:
                keeping.start_soon(lock.keep_renewed)
                try:
                    results.append(await work(lock))
                except Exception as error:  # noqa: BLE001 - raised below, where no group is put around it
                    failure = error
                keeping.cancel_scope.cancel()
        finally:
            await lock.release()
        if failure is not None:
            raise failure
        return results[0]

    async def _take(self, id: UUID) -> LockedUpload:
        # A holder that is at work refuses within a tick; one that stands still lets go; and one that died is outlived.
        if locked := await self._try(id):
            return locked
        await self._catalog.request_release(id)
        end = anyio.current_time() + self._timings.lease + self._timings.tick
        while anyio.current_time() < end:
            await anyio.sleep(self._timings.poll)
            if locked := await self._try(id):
                return locked
            upload = await self._catalog.get_upload(id)
            if upload.lock_state == "held" and not upload.is_release_requested:
                break
        raise UploadLockedError("Another request is at work on the upload.")

    async def _try(self, id: UUID) -> LockedUpload | None:
        try:
            return await self._catalog.acquire_lock(id, lease=self._timings.lease, ttl=self._ttl)
        except OutcomeUnknownError as error:
            # If it was taken, nobody knows, and it lapses: nothing has happened that the caller would care about.
            raise CatalogUnavailableError(error.detail) from error
