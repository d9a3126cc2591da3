"""List the uploads in progress."""

from uuid import UUID

from domain.access.callers import Caller
from domain.access.visibility import visibility_of
from domain.buckets.access import require_sight
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.buckets.ports import Buckets
from domain.uploads.model import Upload
from domain.uploads.ports import Uploads


class ListUploads:
    """List uploads that are not finished, the oldest first, a page at a time."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, uploads: Uploads, buckets: Buckets) -> None:
        self._uploads = uploads
        self._buckets = buckets

    async def __call__(
        self, caller: Caller, *, bucket: str | None, after: UUID | None, limit: int
    ) -> tuple[list[Upload], UUID | None]:
        """Return up to `limit` uploads after the id `after`, and the id to go on after, None at the end.

        Raises `InvalidBucketError`, and `NoSuchBucketError` where `bucket` does not exist.
        """
        if bucket is not None:
            require_sight(caller, check_bucket_name(bucket))
        uploads = await self._uploads.list_uploads(
            visibility_of(caller, "write"), bucket=bucket, after=after, limit=limit + 1
        )
        if not uploads and bucket is not None:
            await self._buckets.get_bucket(bucket)
        if len(uploads) <= limit:
            return uploads, None
        return uploads[:limit], uploads[limit - 1].id
