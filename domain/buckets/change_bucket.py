"""Change a part of a bucket."""

from domain.access.callers import Caller
from domain.buckets.access import require_admin
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.buckets.find_cors import FindCors
from domain.buckets.model import BucketChange, check_bucket_name, check_change
from domain.buckets.ports import Buckets
from domain.errors import OutcomeUnknownError
from domain.values.errors import InvalidLabelsError


class ChangeBucket:
    """Replace the CORS rules or the labels of a bucket, and leave the rest of it as it is."""

    errors = (InvalidBucketError, InvalidLabelsError, NoSuchBucketError, OutcomeUnknownError)

    def __init__(self, buckets: Buckets, cors: FindCors) -> None:
        self._buckets = buckets
        self._cors = cors

    async def __call__(self, caller: Caller, name: str, change: BucketChange) -> None:
        """Raises all that `require_admin`, `check_change` and `Buckets.change_bucket` do."""
        require_admin(caller, check_bucket_name(name))
        check_change(change)
        try:
            await self._buckets.change_bucket(name, change)
        finally:
            # Whether it is known to have changed or not.
            self._cors.forget(name)
