"""Find a direct upload by its id."""

from uuid import UUID

from domain.access.callers import Caller
from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.ports import DirectAccess
from domain.direct_uploads.access import require_direct_upload
from domain.direct_uploads.errors import DirectUploadEndedError, NoSuchDirectUploadError
from domain.direct_uploads.model import DirectUpload
from domain.direct_uploads.ports import DirectUploads


class FindDirectUpload:
    """Find one upload."""

    errors = (DirectAccessUnsupportedError, NoSuchDirectUploadError, DirectUploadEndedError)

    def __init__(self, direct_uploads: DirectUploads, direct_access: DirectAccess) -> None:
        self._direct_uploads = direct_uploads
        self._direct_access = direct_access

    async def __call__(self, caller: Caller, id: UUID) -> DirectUpload:
        """Return the upload, unless it expired or was aborted.

        Raises `DirectAccessUnsupportedError`, `NoSuchDirectUploadError`, `DirectUploadEndedError`.
        """
        self._direct_access.require()
        upload = await self._direct_uploads.get_direct_upload(id)
        require_direct_upload(caller, upload)
        if upload.state in {"expired", "aborted"}:
            raise upload.ended_error()
        return upload
