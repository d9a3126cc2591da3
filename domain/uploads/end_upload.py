"""End an upload and give up its bytes. A file that it has become stays."""

from uuid import UUID

from domain.errors import LeaseLostError, OutcomeUnknownError
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import UploadLock, UploadLocks


class EndUpload:
    """End one upload, finished or not."""

    errors = (*UploadLocks.errors, LeaseLostError, OutcomeUnknownError)

    def __init__(self, catalog: Uploads, locks: UploadLocks) -> None:
        self._catalog = catalog
        self._locks = locks

    async def __call__(self, id: UUID) -> None:
        """Remove the upload. Raises all that `UploadLocks` does."""
        await self._locks(id, self._remove)

    async def _remove(self, lock: UploadLock) -> None:
        # A request that was cut off may still be writing in the store.
        is_untouched = lock.upload.progress is None and not lock.is_inherited
        await self._catalog.end_upload(lock.upload.id, lock.epoch, at_once=is_untouched)
        lock.is_released = True
