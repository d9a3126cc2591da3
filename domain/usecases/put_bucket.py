"""Create a bucket, or replace its policy."""

from domain.model.buckets import Bucket, Policy, check_bucket_name, check_policy
from domain.ports import Buckets


class PutBucket:
    """Create the bucket, or replace its policy whole. Files that are there already stay, whatever it says."""

    def __init__(self, catalog: Buckets) -> None:
        self._catalog = catalog

    async def __call__(self, name: str, policy: Policy) -> tuple[Bucket, bool]:
        """Return the bucket, and whether it is new. Raises `InvalidBucketError`."""
        return await self._catalog.put_bucket(check_bucket_name(name), check_policy(policy))
