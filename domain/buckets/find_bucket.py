"""Find a bucket by its name."""

from domain.access.callers import Caller
from domain.buckets.access import require_sight
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.model import Bucket, check_bucket_name
from domain.buckets.ports import Buckets


class FindBucket:
    """Find one bucket, with its usage."""

    errors = (InvalidBucketError, NoSuchBucketError)

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    async def __call__(self, caller: Caller, name: str) -> Bucket:
        """Return the bucket. Raises `NoSuchBucketError`, `InvalidBucketError`."""
        bucket = await self._buckets.get_bucket(check_bucket_name(name))
        require_sight(caller, name)
        return bucket
