"""Abort a direct upload before it has become a file."""

from contextlib import suppress
from uuid import UUID

from domain.access.callers import Caller
from domain.blobs.errors import BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.ports import BlobStore, DirectAccess
from domain.direct_uploads.access import require_direct_upload
from domain.direct_uploads.errors import DirectUploadCompletedError, DirectUploadEndedError, NoSuchDirectUploadError
from domain.direct_uploads.ports import DirectUploads
from domain.errors import OutcomeUnknownError


class AbortDirectUpload:
    """Abort one upload."""

    errors = (
        DirectAccessUnsupportedError,
        NoSuchDirectUploadError,
        DirectUploadEndedError,
        DirectUploadCompletedError,
        OutcomeUnknownError,
    )

    def __init__(self, direct_uploads: DirectUploads, blob_store: BlobStore, direct_access: DirectAccess) -> None:
        self._direct_uploads = direct_uploads
        self._blob_store = blob_store
        self._direct_access = direct_access

    async def __call__(self, caller: Caller, id: UUID) -> None:
        """Abort the upload, even during its completion. Its bytes are removed, at once or later.

        Raises `DirectAccessUnsupportedError`, `NoSuchDirectUploadError`, `DirectUploadCompletedError`,
        `DirectUploadEndedError` where it had expired or failed, `OutcomeUnknownError`.
        """
        self._direct_access.require()
        require_direct_upload(caller, await self._direct_uploads.get_direct_upload(id))
        upload = await self._direct_uploads.abort_direct_upload(id)
        if upload.state == "completed":
            raise DirectUploadCompletedError("The upload has become a file already.")
        if upload.state in {"expired", "failed"}:
            raise upload.ended_error()
        # The reaper removes the bytes that the store does not remove now, and those that clients send from now on.
        with suppress(BlobStoreUnavailableError):
            await self._blob_store.abort(upload.key)
            await self._blob_store.delete([upload.key])
