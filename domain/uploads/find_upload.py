"""Find a resumable upload and its offset, and finish it where all its bytes are there."""

from uuid import UUID

from msgspec.structs import replace

from domain.access.callers import SYSTEM, Caller
from domain.blobs.errors import PartialBusyError
from domain.blobs.ports import PartialBlobs
from domain.uploads.errors import UploadLockedError
from domain.uploads.finish_upload import FinishUpload
from domain.uploads.model import Upload
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import LockUpload, UploadLock


class FindUpload:
    """Find one upload. Its offset is definite, unless another request keeps adding bytes."""

    errors = (*LockUpload.errors, PartialBusyError, *FinishUpload.errors)

    def __init__(
        self, uploads: Uploads, partial_blobs: PartialBlobs, lock_upload: LockUpload, finish: FinishUpload
    ) -> None:
        self._uploads = uploads
        self._partial_blobs = partial_blobs
        self._lock_upload = lock_upload
        self._finish = finish

    async def __call__(self, caller: Caller, id: UUID) -> Upload:
        """Return the upload, finished if all its bytes are there. The length of a final one is that of its parts.

        A request that holds the upload's lock and makes no progress loses it, and the lease of one that died ends.
        Raises `NoSuchUploadError`, `UploadExpiredError`, `UploadLockedError` where another request is finishing the
        upload, and all that `FinishUpload` does.
        """
        upload = await self._uploads.get_upload(caller, id)
        if upload.kind == "final" and not upload.is_finished:
            return await self._find_final(upload)
        if upload.has_definite_offset:
            return upload
        try:
            return await self._lock_upload(id, self._finish_if_whole)
        except UploadLockedError:
            upload = await self._uploads.get_upload(SYSTEM, id)
            if upload.is_whole and not upload.is_finished:
                raise  # the full offset is answered when the upload is a file
            return upload

    async def _find_final(self, upload: Upload) -> Upload:
        parts = await self._uploads.get_uploads(upload.parts)
        found = [parts[each] for each in upload.parts if each in parts]
        lengths = [each.length for each in found if each.length is not None]
        if len(lengths) == len(upload.parts):
            upload = replace(upload, length=sum(lengths))
        if len(found) == len(upload.parts) and not all(each.is_finished for each in found):
            return upload
        return await self._lock_upload(upload.id, self._finish_if_whole)

    async def _finish_if_whole(self, lock: UploadLock) -> Upload:
        upload = lock.upload
        if upload.is_finished:
            return upload
        if lock.is_inherited and upload.progress is not None:
            await lock.save_progress(self._partial_blobs.fence(upload.progress))
        if upload.is_whole or upload.kind == "final":
            await self._finish(lock)
        return lock.upload
