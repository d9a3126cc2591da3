"""Add bytes to an upload: those that arrive are kept, however the request ends, and acknowledged once durable."""

from collections.abc import AsyncIterable
from contextlib import suppress
from functools import partial
from uuid import UUID

import anyio
import msgspec

from domain.access.callers import Caller
from domain.access.current_rights import CurrentRights, WatchedCaller
from domain.blobs.errors import InterruptedBodyError, PartialBusyError
from domain.blobs.partials import Progress
from domain.blobs.ports import BlobStore, PartialBlobs
from domain.blobs.running_hash import RunningHash
from domain.errors import BodyTimeoutError, FileportError, UnavailableError
from domain.files.content.admission import Admission, too_large
from domain.quotas.reserve_room import ReserveRoom
from domain.uploads.access import require_upload
from domain.uploads.checksums import Checksum, DeclaredDigests, LateChecksum
from domain.uploads.errors import (
    ChecksumMismatchError,
    FinalUploadError,
    InvalidChecksumError,
    InvalidUploadError,
    OffsetMismatchError,
    UploadTooLongError,
)
from domain.uploads.find_upload import FindUpload
from domain.uploads.finish_upload import FinishUpload
from domain.uploads.measured_body import MeasuredBody
from domain.uploads.model import Upload, room_for
from domain.uploads.ports import Uploads
from domain.uploads.running_hashes import RunningHashes
from domain.uploads.upload_lock import RELEASE_SECONDS, LockUpload, UploadLock

# The errors of adding bytes, whether to a new upload or to an existing one.
BYTES_ERRORS = (
    InvalidUploadError,
    InvalidChecksumError,
    InterruptedBodyError,
    BodyTimeoutError,
    UploadTooLongError,
    ChecksumMismatchError,
    PartialBusyError,
    *FinishUpload.errors,
)


class Addition(msgspec.Struct, frozen=True, kw_only=True):
    """The bytes of one request: `size` bytes at `offset`. A `size` of None is not known beforehand.

    `length` is the length of the whole upload, where this request declares it; `checksum` covers the bytes it adds.
    """

    offset: int
    size: int | None = None
    length: int | None = None
    checksum: Checksum | LateChecksum | DeclaredDigests | None = None


class AppendToUpload:
    """Add to one upload."""

    errors = (*LockUpload.errors, OffsetMismatchError, FinalUploadError, *BYTES_ERRORS)

    def __init__(
        self,
        uploads: Uploads,
        blob_store: BlobStore,
        partial_blobs: PartialBlobs,
        lock_upload: LockUpload,
        admission: Admission,
        *,
        reserve_room: ReserveRoom,
        finish: FinishUpload,
        find: FindUpload,
        hashes: RunningHashes,
        rights: CurrentRights,
    ) -> None:
        self._uploads = uploads
        self._blob_store = blob_store
        self._partial_blobs = partial_blobs
        self._lock_upload = lock_upload
        self._admission = admission
        self._reserve_room = reserve_room
        self._finish = finish
        self._find = find
        self._hashes = hashes
        self._rights = rights

    async def __call__(self, caller: Caller, id: UUID, addition: Addition, body: AsyncIterable[bytes]) -> Upload:
        """Add `body`, and return the upload afterwards: finished, where all its bytes are there.

        With a checksum all of `body` is added or nothing; without one, the bytes before an error stay. Raises all that
        `LockUpload`, `Upload.admit` and `FinishUpload` do; `InvalidUploadError` for a length that contradicts another;
        `UploadTooLongError` or `FileTooLargeError`; `ChecksumMismatchError` or `DigestMismatchError`, and
        `InvalidChecksumError` where the checksum follows the body; `LeaseLostError` where another request took over;
        and all that `body` raises.
        """
        await self._blob_store.admit()
        watched = self._rights.watch(caller)
        # Nobody else is to disturb the holder of the lock.
        await self._uploads.get_upload(caller, id)
        upload = await self._lock_upload(id, partial(self._add, watched, addition=addition, body=body))
        if upload.kind == "partial" and upload.is_finished:
            await self._finish_finals_of(id, watched)
        return upload

    async def _add(
        self, watched: WatchedCaller, lock: UploadLock, *, addition: Addition, body: AsyncIterable[bytes]
    ) -> Upload:
        upload = lock.upload
        upload.admit(offset=addition.offset, size=addition.size)
        if addition.length is not None:
            await self._set_length(lock, addition.length)
        if upload.is_finished:
            await _refuse_bytes(body)
            return upload
        body = watched.pass_on(body, lambda caller: require_upload(caller, upload))
        progress = upload.progress
        if progress is None:
            progress = await self._partial_blobs.begin(upload.blob_key, size=lock.upload.length)
            await lock.save_progress(progress)
        elif lock.is_inherited:
            progress = self._partial_blobs.fence(progress)
        hash_ = await self._append(lock, progress, addition, body)
        if lock.upload.is_whole:
            await self._finish(lock, hash_)
        else:
            self._keep_hash(upload.id, hash_, lock.upload.size)
        return lock.upload

    async def _append(
        self, lock: UploadLock, progress: Progress, addition: Addition, body: AsyncIterable[bytes]
    ) -> RunningHash | None:
        id_ = lock.upload.id
        hash_ = self._hashes.take(id_, progress.size)
        before = hash_ if hash_ is None or addition.checksum is None else hash_.copy()
        chunks, limit, refusal = await self._limited(lock, lock.chunks(body))
        measured = MeasuredBody(chunks, limit, refusal, hash_, addition.checksum)
        # Until the checksum is verified, the progress from before this request stays on record.
        checkpoint = lock.save_progress if addition.checksum is None else lambda _: lock.confirm()
        try:
            after = await self._partial_blobs.append(
                lock.upload.blob_key, progress, measured, size=addition.size, checkpoint=checkpoint
            )
            measured.check()
            if addition.checksum is not None:
                await lock.save_progress(after)
        except BaseException as error:
            if error is measured.failure:
                self._keep_hash(id_, hash_ if addition.checksum is None else before, lock.upload.size)
            else:
                await self._fence_progress(lock)
            raise
        return hash_

    async def _limited(
        self, lock: UploadLock, chunks: AsyncIterable[bytes]
    ) -> tuple[AsyncIterable[bytes], int, FileportError]:
        """Return the bytes, which reserve room for themselves where that is not done, and how many there may be."""
        upload, target = lock.upload, lock.upload.target
        if upload.length is not None:
            refusal = UploadTooLongError(f"The upload has a length of {upload.length} bytes.")
            return chunks, upload.length - upload.size, refusal
        admitted = await self._admission.admit_upload(target, None)
        if target is not None and admitted.has_quota:
            room = room_for(target, upload.size)
            chunks = self._reserve_room.in_steps(upload.blob_key, room, chunks, limit=admitted.max_size)
        return chunks, admitted.max_size - upload.size, too_large(admitted.max_size)

    async def _set_length(self, lock: UploadLock, length: int) -> None:
        upload = lock.upload
        if upload.length not in {None, length} or length < upload.size:
            raise InvalidUploadError(f"The length {length} contradicts what is known of the upload.")
        admitted = await self._admission.admit_upload(upload.target, length)
        if upload.target is not None and admitted.has_quota:
            await self._reserve_room(upload.blob_key, room_for(upload.target, length))
        await lock.set_length(length)

    async def _fence_progress(self, lock: UploadLock) -> None:
        # The store may still be writing: the next request must go on from a fenced progress.
        if lock.upload.progress is not None:
            with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
                await lock.save_progress(self._partial_blobs.fence(lock.upload.progress))

    def _keep_hash(self, id: UUID, hash_: RunningHash | None, size: int) -> None:
        if hash_ is not None and hash_.size == size:
            self._hashes.keep(id, hash_)

    async def _finish_finals_of(self, part: UUID, watched: WatchedCaller) -> None:
        # The part is complete, whatever becomes of the final uploads: requests for them get their errors. Those that
        # the caller may not write wait for a request of somebody who may.
        with suppress(UnavailableError):
            for final in await self._uploads.list_unfinished_finals(part):
                with suppress(FileportError):
                    await self._find(await watched.now(), final)


async def _refuse_bytes(body: AsyncIterable[bytes]) -> None:
    async for _ in body:
        raise UploadTooLongError("The upload is finished.")
