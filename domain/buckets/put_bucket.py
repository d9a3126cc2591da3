"""Create a bucket, or replace its policy."""

from domain.access.callers import Caller
from domain.buckets.access import require_admin
from domain.buckets.errors import InvalidBucketError
from domain.buckets.find_cors import FindCors
from domain.buckets.model import Bucket, Policy, check_bucket_name, check_policy
from domain.buckets.ports import Buckets
from domain.errors import OutcomeUnknownError
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyedRequest
from domain.values.preconditions import NO_PRECONDITION, Precondition


class PutBucket:
    """Create the bucket, or replace its policy whole. Existing files stay, even against the new policy."""

    errors = (InvalidBucketError, OutcomeUnknownError)

    def __init__(self, buckets: Buckets, idempotent: IdempotentExecutor, cors: FindCors) -> None:
        self._buckets = buckets
        self._cors = cors
        self._idempotent = idempotent

    async def __call__(
        self,
        caller: Caller,
        name: str,
        policy: Policy,
        request: KeyedRequest | None = None,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> tuple[Bucket, bool]:
        """Return the bucket, and whether it is new; or the answer that the same `request` had before.

        Raises all that `require_admin` and `IdempotentExecutor` do, `InvalidBucketError`, `PreconditionFailedError`.
        """
        name, policy = check_bucket_name(name), check_policy(policy)
        require_admin(caller, name)
        try:
            return await self._idempotent(
                request,
                tuple[Bucket, bool],
                lambda claim: self._buckets.put_bucket(name, policy, claim, precondition=precondition),
            )
        finally:
            # Whether it is known to have changed or not.
            self._cors.forget(name)
