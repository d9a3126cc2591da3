"""The right that each operation on a bucket needs. A bucket that may not be seen is missing."""

from domain.access.callers import Caller, denied
from domain.access.scopes import Action
from domain.buckets.errors import no_such_bucket
from domain.errors import DeniedAccess


def require_sight(caller: Caller, bucket: str) -> None:
    """Return if the caller may see the bucket. Raises `NoSuchBucketError`."""
    if not caller.permissions.show_bucket(bucket):
        raise caller.refusal(no_such_bucket(bucket), DeniedAccess(bucket=bucket))


def require_admin(caller: Caller, bucket: str) -> None:
    """Return if the caller may create, change and delete the bucket.

    Raises `AccessDeniedError`; `NoSuchBucketError` where the caller may not see it.
    """
    if not caller.permissions.administer(bucket):
        require_sight(caller, bucket)
        raise denied("admin", bucket)


def require_below(caller: Caller, actions: tuple[Action, ...], bucket: str, prefix: str) -> None:
    """Return if the caller may do all that to every file whose name begins with `prefix`. Raises as `require_admin`."""
    for action in actions:
        if not caller.permissions.allow_below(action, bucket, prefix):
            require_sight(caller, bucket)
            raise denied(action, bucket, prefix)
