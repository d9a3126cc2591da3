"""List the upload links of a bucket."""

from uuid import UUID

from domain.access.callers import Caller
from domain.buckets.access import require_sight
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import check_bucket_name
from domain.buckets.ports import Buckets
from domain.links.model import LinkPage, maker_of, page_of
from domain.links.ports import Links


class ListUploadLinks:
    """List a page of a bucket's upload links: all of them for its admin, for another caller those that it made."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, buckets: Buckets, links: Links) -> None:
        self._buckets = buckets
        self._links = links

    async def __call__(self, caller: Caller, bucket: str, *, after: UUID | None, limit: int) -> LinkPage:
        """Return up to `limit` links that were not revoked, the newest first, from the one after `after` on.

        Raises `InvalidBucketError`, and `NoSuchBucketError`, also where the caller may not see the bucket.
        """
        require_sight(caller, check_bucket_name(bucket))
        owner = None if caller.permissions.administer(bucket) else maker_of(caller)
        links = await self._links.list_links(bucket=bucket, owner=owner, after=after, limit=limit + 1)
        if not links:
            await self._buckets.get_policy(bucket)
        return page_of(links, limit)
