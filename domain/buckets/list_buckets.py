"""List buckets by name."""

from domain.access.callers import Caller
from domain.buckets.model import Bucket
from domain.buckets.ports import Buckets


class ListBuckets:
    """List buckets by name, a page at a time."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    async def __call__(
        self, caller: Caller, *, after: str | None, limit: int, prefix: str = ""
    ) -> tuple[list[Bucket], str | None]:
        """Return up to `limit` of the buckets that the caller may see, and the name to go on after, None at the end.

        The names of the buckets begin with `prefix` and come after `after`.
        """
        patterns = caller.permissions.bucket_patterns
        buckets = await self._buckets.list_buckets(patterns, after=after, limit=limit + 1, prefix=prefix)
        if len(buckets) <= limit:
            return buckets, None
        return buckets[:limit], buckets[limit - 1].name
