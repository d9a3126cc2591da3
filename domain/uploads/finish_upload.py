"""Finish an upload whose bytes are all there: make them a file, or a part that is complete."""

from functools import partial
from uuid import UUID

from domain.blobs.errors import BlobMissingError, BlobStoreUnavailableError
from domain.blobs.model import Blob
from domain.blobs.ports import BlobStore, PartialBlobs
from domain.blobs.running_hash import RunningHash, inline_blob
from domain.blobs.streams import counted
from domain.buckets.errors import ADMISSION
from domain.errors import LeaseLostError, OutcomeUnknownError, PreconditionFailedError
from domain.files.content.admission import Admission
from domain.files.content.commit_retries import retry_unknown_commit
from domain.files.content.detect_type import DetectType
from domain.files.model import NewFile, named
from domain.files.terms import under_free_name
from domain.quotas.reserve_room import ReserveRoom
from domain.uploads.errors import UploadExpiredError
from domain.uploads.model import Upload, room_for
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import UploadLock
from domain.values.limits import Limits


class FinishUpload:
    """Finish one upload, under its lock. Every step may be repeated, so that the next attempt completes a crashed one.

    A finished upload is kept for `kept` seconds, so that its clients can ask for its outcome.
    """

    errors = (
        *ADMISSION,
        PreconditionFailedError,
        BlobStoreUnavailableError,
        BlobMissingError,
        LeaseLostError,
        OutcomeUnknownError,
    )

    def __init__(
        self,
        *,
        uploads: Uploads,
        blob_store: BlobStore,
        partial_blobs: PartialBlobs,
        admission: Admission,
        reserve_room: ReserveRoom,
        detect_type: DetectType,
        limits: Limits,
    ) -> None:
        self._uploads = uploads
        self._blob_store = blob_store
        self._partial_blobs = partial_blobs
        self._kept = limits.upload_ttl
        self._inline_bytes = limits.inline_bytes
        self._admission = admission
        self._reserve_room = reserve_room
        self._detect_type = detect_type

    async def __call__(self, lock: UploadLock, hash_: RunningHash | None = None) -> None:
        """Finish the locked upload. `hash_` is that of all its bytes; where it is None, they are read for it.

        Raises all that `Uploads.finish_upload` and the blob store do, and `UploadExpiredError` where a part is gone.
        """
        upload = lock.upload
        if upload.kind == "final":
            size = await self._concatenate(upload)
        else:
            size = await self._complete(lock)
        file_id = None
        if upload.target is None:
            await self._uploads.finish_part(upload.id, lock.epoch)
        else:
            blob = await self._small_blob(upload.blob_key, size)
            if blob is None:
                blob = (hash_ or await self._hash(upload.blob_key)).blob(upload.blob_key)
            file_id = await self._commit(lock, upload.target, blob)
        lock.mark_finished(length=size, file_id=file_id)

    async def _commit(self, lock: UploadLock, target: NewFile, blob: Blob) -> UUID:
        target = await self._detect_type.by_blob(target, blob)
        target.terms.admit(content_type=target.content_type, size=blob.size)
        finish = partial(self._uploads.finish_upload, lock.upload.id, lock.epoch, blob=blob, kept=self._kept)
        stored = await under_free_name(
            target.terms, lambda name: retry_unknown_commit(partial(finish, new=named(target, name)))
        )
        return stored.file.id

    async def _complete(self, lock: UploadLock) -> int:
        upload = lock.upload
        progress = upload.progress
        if progress is None:
            progress = await self._partial_blobs.begin(upload.blob_key, size=upload.length)
            await lock.save_progress(progress)
        await self._partial_blobs.complete(upload.blob_key, progress)
        return progress.size

    async def _concatenate(self, upload: Upload) -> int:
        parts = await self._parts(upload)
        size = sum(each.size for each in parts)
        admitted = await self._admission.admit_upload(upload.target, size)
        if upload.target is not None and admitted.has_quota:
            await self._reserve_room(upload.blob_key, room_for(upload.target, size))
        try:
            await self._partial_blobs.concatenate(upload.blob_key, [each.blob_key for each in parts])
        except BlobMissingError:
            await self._parts(upload)  # raises `UploadExpiredError` where a part was ended meanwhile
            raise
        return size

    async def _parts(self, upload: Upload) -> list[Upload]:
        parts = await self._uploads.get_uploads(upload.parts)
        if not all(each in parts and parts[each].is_finished for each in upload.parts):
            raise UploadExpiredError("A part of the upload is gone; begin it again.")
        return [parts[each] for each in upload.parts]

    async def _small_blob(self, key: str, size: int) -> Blob | None:
        """Return the blob for the catalog to keep in place of that in the blob store, None where it is too large."""
        if not 0 < self._inline_bytes >= size:
            return None
        async with self._blob_store.open(key) as chunks:
            return inline_blob(key, b"".join([chunk async for chunk in counted(chunks, size)]))

    async def _hash(self, key: str) -> RunningHash:
        hash_ = RunningHash()
        async with self._blob_store.open(key) as chunks:
            async for chunk in chunks:
                hash_.update(chunk)
        return hash_
