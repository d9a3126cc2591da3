"""End an upload and give up its bytes. A file that it has become stays."""

from uuid import UUID

from domain.access.callers import Caller
from domain.errors import LeaseLostError, OutcomeUnknownError
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import LockUpload, UploadLock


class EndUpload:
    """End one upload, finished or not."""

    errors = (*LockUpload.errors, LeaseLostError, OutcomeUnknownError)

    def __init__(self, uploads: Uploads, lock_upload: LockUpload) -> None:
        self._uploads = uploads
        self._lock_upload = lock_upload

    async def __call__(self, caller: Caller, id: UUID) -> None:
        """Remove the upload. Raises all that `LockUpload` does."""
        # Nobody else is to disturb the holder of the lock.
        await self._uploads.get_upload(caller, id)
        await self._lock_upload(id, self._remove)

    async def _remove(self, lock: UploadLock) -> None:
        # A request that was cut off may still be writing in the store.
        is_untouched = lock.upload.progress is None and not lock.is_inherited
        await self._uploads.end_upload(lock.upload.id, lock.epoch, at_once=is_untouched)
        lock.is_released = True
