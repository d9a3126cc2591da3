"""The port of buckets; `tests/contracts` checks its contract."""

from collections.abc import Sequence
from typing import Protocol

from domain.buckets.model import Bucket, BucketChange, Policy
from domain.idempotency.model import KeyClaim
from domain.values.preconditions import NO_PRECONDITION, Precondition


class Buckets(Protocol):
    """Keeps buckets. The files that a usage adds up are those that have not expired."""

    async def put_bucket(
        self,
        name: str,
        policy: Policy,
        claim: KeyClaim | None = None,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> tuple[Bucket, bool]:
        """Create the bucket, or replace its policy. Return the bucket, and whether it is new.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `PreconditionFailedError`: a bucket has no entity tag.
        """
        ...

    async def get_bucket(self, name: str) -> Bucket:
        """Return the bucket with its usage. Raises `NoSuchBucketError`."""
        ...

    async def get_policy(self, name: str) -> Policy:
        """Return the bucket's policy; it costs less than `get_bucket`. Raises `NoSuchBucketError`."""
        ...

    async def change_bucket(self, name: str, change: BucketChange) -> None:
        """Replace parts of the bucket, and leave the others as they are. Raises `NoSuchBucketError`."""
        ...

    async def list_buckets(
        self, patterns: Sequence[str], *, after: str | None, limit: int, prefix: str = ""
    ) -> list[Bucket]:
        """Return up to `limit` buckets whose names come after `after`, sorted by name, by code point.

        Only those that begin with `prefix` and that one of the `patterns` takes in, see `BucketPattern`.
        """
        ...

    async def delete_bucket(self, name: str, precondition: Precondition = NO_PRECONDITION) -> None:
        """Remove the bucket.

        Raises `NoSuchBucketError`, `PreconditionFailedError`, or `BucketNotEmptyError` while it holds files.
        """
        ...
