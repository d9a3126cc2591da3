"""List the direct uploads in progress."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.visibility import visibility_of
from domain.blobs.errors import DirectAccessUnsupportedError
from domain.blobs.ports import DirectAccess
from domain.direct_uploads.model import DirectUpload
from domain.direct_uploads.ports import DirectUploads


class ListDirectUploads:
    """List a page of uploads, the oldest first."""

    errors = (DirectAccessUnsupportedError,)

    def __init__(self, direct_uploads: DirectUploads, direct_access: DirectAccess) -> None:
        self._direct_uploads = direct_uploads
        self._direct_access = direct_access

    async def __call__(
        self, caller: Caller, *, after: UUID | None, limit: int
    ) -> tuple[list[DirectUpload], UUID | None]:
        """Return up to `limit` uploads after the id `after`, and the id to go on after, None at the end.

        Raises `DirectAccessUnsupportedError`.
        """
        self._direct_access.require()
        uploads = await self._direct_uploads.list_direct_uploads(
            visibility_of(caller, "write"), after=after, limit=limit + 1
        )
        page = uploads[:limit]
        return page, page[-1].id if len(uploads) > limit else None
