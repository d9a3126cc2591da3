"""Find a direct upload, and where its parts are to be sent."""

from uuid import UUID

import msgspec
from anyio.lowlevel import checkpoint

from domain.blobs.direct_access import SignedRequest
from domain.blobs.errors import BlobStoreUnavailableError, DirectAccessUnsupportedError
from domain.blobs.ports import DirectAccess
from domain.direct_uploads.errors import DirectUploadCompletedError, DirectUploadEndedError, NoSuchDirectUploadError
from domain.direct_uploads.model import DirectUpload
from domain.direct_uploads.ports import DirectUploads

_ENDED = {
    "expired": "The upload has expired.",
    "aborted": "The upload was aborted.",
    "failed": "The upload's bytes were not what was declared.",
}


class PartToSend(msgspec.Struct, frozen=True, kw_only=True):
    """A part, numbered from 1, its size in bytes, and the request that sends it."""

    number: int
    size: int
    request: SignedRequest


class FindDirectUpload:
    """Find one upload."""

    errors = (DirectAccessUnsupportedError, NoSuchDirectUploadError, DirectUploadEndedError)

    def __init__(self, catalog: DirectUploads, direct: DirectAccess) -> None:
        self._catalog = catalog
        self._direct = direct

    async def __call__(self, id: UUID) -> DirectUpload:
        """Return the upload, unless it expired or was aborted.

        Raises `DirectAccessUnsupportedError`, `NoSuchDirectUploadError`, `DirectUploadEndedError`.
        """
        self._direct.require()
        upload = await self._catalog.get_direct_upload(id)
        if upload.state in {"expired", "aborted"}:
            raise ended(upload)
        return upload


class SignParts:
    """Sign the requests that send an upload's parts."""

    errors = (DirectUploadCompletedError, BlobStoreUnavailableError)

    def __init__(self, direct: DirectAccess) -> None:
        self._direct = direct

    async def __call__(self, upload: DirectUpload, *, first: int, limit: int) -> list[PartToSend]:
        """Return up to `limit` parts from number `first` on; an upload that is sent at once is one part.

        They can be sent, and sent again, until their URLs end. Raises `DirectUploadEndedError`, and
        `DirectUploadCompletedError`.
        """
        check_in_progress(upload)
        last = min(first + limit - 1, upload.part_count)
        parts: list[PartToSend] = []
        for number in range(first, last + 1):
            parts.append(await self._sign(upload, number))
            await checkpoint()  # signing awaits nothing, and others want to go on
        return parts

    async def _sign(self, upload: DirectUpload, number: int) -> PartToSend:
        size = upload.size_of_part(number)
        if upload.multipart_id is None:
            request = await self._direct.sign_write(upload.key, size=size)
        else:
            request = await self._direct.sign_part(upload.key, upload.multipart_id, number, size=size)
        return PartToSend(number=number, size=size, request=request)


def check_in_progress(upload: DirectUpload) -> None:
    """Return where bytes are still of use. Raises `DirectUploadEndedError`, and `DirectUploadCompletedError`."""
    if upload.state == "completed":
        raise DirectUploadCompletedError("The upload has become a file already.")
    if upload.state not in {"open", "completing"}:
        raise ended(upload)


def ended(upload: DirectUpload) -> DirectUploadEndedError:
    """Return what is raised of an upload that has ended without a file."""
    return DirectUploadEndedError(_ENDED[upload.state])
