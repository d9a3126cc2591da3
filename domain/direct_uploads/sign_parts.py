"""Sign the requests that send the parts of a direct upload."""

import msgspec
from anyio.lowlevel import checkpoint

from domain.blobs.direct_access import SignedRequest
from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.ports import DirectAccess
from domain.direct_uploads.errors import DirectUploadCompletedError
from domain.direct_uploads.model import DirectUpload


class SignedPart(msgspec.Struct, frozen=True, kw_only=True):
    """The number of a part, from 1, its size in bytes, and the signed request that sends it."""

    number: int
    size: int
    request: SignedRequest


class SignParts:
    """Sign the requests that send an upload's parts."""

    errors = (DirectUploadCompletedError, BlobStoreUnavailableError)

    def __init__(self, direct_access: DirectAccess) -> None:
        self._direct_access = direct_access

    async def __call__(self, upload: DirectUpload, *, first: int, limit: int) -> list[SignedPart]:
        """Return up to `limit` parts from number `first` on; an upload that is sent whole is one part.

        They can be sent, and sent again, until their URLs end. Raises `DirectUploadEndedError`, and
        `DirectUploadCompletedError`.
        """
        upload.check_in_progress()
        last = min(first + limit - 1, upload.part_count)
        parts: list[SignedPart] = []
        for number in range(first, last + 1):
            parts.append(await self._sign(upload, number))
            await checkpoint()  # signing awaits nothing, and other tasks are to go on
        return parts

    async def _sign(self, upload: DirectUpload, number: int) -> SignedPart:
        size = upload.size_of_part(number)
        if upload.multipart_id is None:
            request = await self._direct_access.sign_write(upload.key, size=size)
        else:
            request = await self._direct_access.sign_part(upload.key, upload.multipart_id, number, size=size)
        return SignedPart(number=number, size=size, request=request)
