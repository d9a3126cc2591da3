"""Abort a multipart upload before it has become a file."""

from domain.access.callers import Caller
from domain.files.access import require_store
from domain.multipart.model import MultipartAddress
from domain.multipart.ports import MultipartUploads


class AbortMultipartUpload:
    """Abort one upload, even during its completion. Its bytes are removed after the grace period."""

    def __init__(self, multipart_uploads: MultipartUploads) -> None:
        self._multipart_uploads = multipart_uploads

    async def __call__(self, caller: Caller, address: MultipartAddress) -> None:
        """Abort the upload. Raises as `require_store`, `NoSuchMultipartUploadError`, `OutcomeUnknownError`."""
        require_store(caller, address.bucket, address.name)
        await self._multipart_uploads.abort_upload(address)
