"""Delete an empty bucket."""

from domain.errors import BucketProtectedError
from domain.model.buckets import DEFAULT_BUCKET, check_bucket_name
from domain.model.preconditions import ANYTHING_GOES, Precondition
from domain.ports import Buckets


class DeleteBucket:
    """Delete a bucket that holds no files."""

    def __init__(self, catalog: Buckets) -> None:
        self._catalog = catalog

    async def __call__(self, name: str, precondition: Precondition = ANYTHING_GOES) -> None:
        """Raises what `Buckets.delete_bucket` does, and `BucketProtectedError` for `default`."""
        if name == DEFAULT_BUCKET:
            raise BucketProtectedError(f"The bucket {DEFAULT_BUCKET} always exists.")
        await self._catalog.delete_bucket(check_bucket_name(name), precondition)
