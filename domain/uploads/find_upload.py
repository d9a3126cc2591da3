"""Tell how far an upload is; finish it, where only that is missing."""

from uuid import UUID

from msgspec.structs import replace

from domain.blobs.errors import PartialBusyError
from domain.blobs.ports import PartialBlobs
from domain.uploads.errors import UploadLockedError
from domain.uploads.finish_upload import FinishUpload
from domain.uploads.model import Upload
from domain.uploads.ports import Uploads
from domain.uploads.upload_lock import UploadLock, UploadLocks


class FindUpload:
    """Find one upload. Its offset is told once nobody adds to it, but for one whose bytes keep coming."""

    errors = (*UploadLocks.errors, PartialBusyError, *FinishUpload.errors)

    def __init__(self, catalog: Uploads, partials: PartialBlobs, locks: UploadLocks, finish: FinishUpload) -> None:
        self._catalog = catalog
        self._partials = partials
        self._locks = locks
        self._finish = finish

    async def __call__(self, id: UUID) -> Upload:
        """Return the upload, finished if all of it is there. The length of a final one is that of its parts.

        Whoever stands still over it loses the upload, and one that died is outlived. Raises `NoSuchUploadError`,
        `UploadExpiredError`, `UploadLockedError` where it is being finished, and what `FinishUpload` does.
        """
        upload = await self._catalog.get_upload(id)
        if upload.kind == "final" and not upload.is_finished:
            return await self._find_final(upload)
        if upload.has_definite_offset:
            return upload
        try:
            return await self._locks(id, self._settle)
        except UploadLockedError:
            upload = await self._catalog.get_upload(id)
            if upload.is_whole and not upload.is_finished:
                raise  # its full offset is told when it is a file
            return upload

    async def _find_final(self, upload: Upload) -> Upload:
        parts = await self._catalog.get_uploads(upload.parts)
        found = [parts[each] for each in upload.parts if each in parts]
        lengths = [each.length for each in found if each.length is not None]
        if len(lengths) == len(upload.parts):
            upload = replace(upload, length=sum(lengths))
        if len(found) == len(upload.parts) and not all(each.is_finished for each in found):
            return upload
        return await self._locks(upload.id, self._settle)

    async def _settle(self, lock: UploadLock) -> Upload:
        upload = lock.upload
        if upload.is_finished:
            return upload
        if lock.is_inherited and upload.progress is not None:
            await lock.save_progress(self._partials.fence(upload.progress))
        if upload.is_whole or upload.kind == "final":
            await self._finish(lock)
        return lock.upload
