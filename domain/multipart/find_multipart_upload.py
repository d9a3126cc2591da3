"""Find a multipart upload that is in progress."""

from domain.access.callers import Caller
from domain.files.access import require_store
from domain.multipart.errors import no_such_multipart_upload
from domain.multipart.model import MultipartAddress, MultipartUpload
from domain.multipart.ports import MultipartUploads


class FindMultipartUpload:
    """Find one upload, for a caller that may store its file: not only for the one that has begun it."""

    def __init__(self, multipart_uploads: MultipartUploads) -> None:
        self._multipart_uploads = multipart_uploads

    async def __call__(self, caller: Caller, address: MultipartAddress) -> MultipartUpload:
        """Return the upload. Raises as `require_store`, and `NoSuchMultipartUploadError`, for a completed one too."""
        require_store(caller, address.bucket, address.name)
        upload = await self._multipart_uploads.get_upload(address)
        if upload.stored is not None:
            raise no_such_multipart_upload()
        return upload
