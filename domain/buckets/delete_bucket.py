"""Delete an empty bucket."""

from domain.access.callers import Caller
from domain.buckets.access import require_admin
from domain.buckets.errors import BucketNotEmptyError, BucketProtectedError, InvalidBucketError, NoSuchBucketError
from domain.buckets.find_cors import FindCors
from domain.buckets.model import DEFAULT_BUCKET, check_bucket_name
from domain.buckets.ports import Buckets
from domain.errors import OutcomeUnknownError
from domain.values.preconditions import NO_PRECONDITION, Precondition


class DeleteBucket:
    """Delete a bucket that holds no files."""

    errors = (InvalidBucketError, NoSuchBucketError, BucketNotEmptyError, BucketProtectedError, OutcomeUnknownError)

    def __init__(self, buckets: Buckets, cors: FindCors) -> None:
        self._buckets = buckets
        self._cors = cors

    async def __call__(self, caller: Caller, name: str, precondition: Precondition = NO_PRECONDITION) -> None:
        """Raises all that `require_admin` and `Buckets.delete_bucket` do, and `BucketProtectedError` for `default`."""
        require_admin(caller, check_bucket_name(name))
        if name == DEFAULT_BUCKET:
            raise BucketProtectedError(f"The bucket {DEFAULT_BUCKET} always exists.")
        try:
            await self._buckets.delete_bucket(name, precondition)
        finally:
            self._cors.forget(name)
