"""Delete an empty bucket."""

from domain.errors import BucketProtectedError
from domain.model.buckets import DEFAULT_BUCKET, check_bucket_name
from domain.ports import Buckets


class DeleteBucket:
    """Delete a bucket that holds no files."""

    def __init__(self, catalog: Buckets) -> None:
        self._catalog = catalog

    async def __call__(self, name: str) -> None:
        """Raises `NoSuchBucketError`, `BucketNotEmptyError`, and `BucketProtectedError` for `default`."""
        if name == DEFAULT_BUCKET:
            raise BucketProtectedError(f"The bucket {DEFAULT_BUCKET} always exists.")
        await self._catalog.delete_bucket(check_bucket_name(name))
