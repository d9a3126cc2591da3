"""List buckets by name."""

from domain.buckets.model import Bucket
from domain.buckets.ports import Buckets


class ListBuckets:
    """List buckets by name, a page at a time."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    async def __call__(self, *, after: str | None, limit: int) -> tuple[list[Bucket], str | None]:
        """Return up to `limit` buckets after the name `after`, and the name to go on after, None at the end."""
        buckets = await self._buckets.list_buckets(after=after, limit=limit + 1)
        if len(buckets) <= limit:
            return buckets, None
        return buckets[:limit], buckets[limit - 1].name
