"""List the parts of a multipart upload."""

import msgspec

from domain.access.callers import Caller
from domain.multipart.find_multipart_upload import FindMultipartUpload
from domain.multipart.model import MultipartAddress, MultipartUpload, Part
from domain.multipart.ports import MultipartUploads


class PartPage(msgspec.Struct, frozen=True):
    """Some parts of an upload, in the order of their numbers, and whether more follow."""

    upload: MultipartUpload
    parts: list[Part]
    is_truncated: bool


class ListParts:
    """List parts, a page at a time."""

    def __init__(self, multipart_uploads: MultipartUploads, find: FindMultipartUpload) -> None:
        self._multipart_uploads = multipart_uploads
        self._find = find

    async def __call__(self, caller: Caller, address: MultipartAddress, *, after: int, limit: int) -> PartPage:
        """Return up to `limit` parts with numbers above `after`. Raises as `FindMultipartUpload`."""
        upload = await self._find(caller, address)
        parts = await self._multipart_uploads.list_parts(upload.id, after=after, limit=limit + 1)
        return PartPage(upload, parts[:limit], is_truncated=len(parts) > limit)
