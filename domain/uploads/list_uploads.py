"""List the uploads in progress."""

from uuid import UUID

from domain.uploads.model import Upload
from domain.uploads.ports import Uploads


class ListUploads:
    """List uploads that are not finished, the oldest first, a page at a time."""

    def __init__(self, uploads: Uploads) -> None:
        self._uploads = uploads

    async def __call__(self, *, bucket: str | None, after: UUID | None, limit: int) -> tuple[list[Upload], UUID | None]:
        """Return up to `limit` uploads after the id `after`, and the id to go on after, None at the end."""
        uploads = await self._uploads.list_uploads(bucket=bucket, after=after, limit=limit + 1)
        if len(uploads) <= limit:
            return uploads, None
        return uploads[:limit], uploads[limit - 1].id
