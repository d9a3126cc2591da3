"""The areas that a caller may list, with those that anybody may."""

from domain.access.callers import Caller
from domain.access.scopes import Scope
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.model import Policy, check_bucket_name
from domain.buckets.ports import Buckets
from domain.files.access import areas_to_list


async def find_areas(buckets: Buckets, caller: Caller, bucket: str | None) -> tuple[Scope, ...] | None:
    """Return the areas of one bucket, or of all; None where that is everything, as in a bucket listed publicly.

    Raises the errors of `areas_to_list`.
    """
    if bucket is not None and not caller.permissions.allow_below("list", check_bucket_name(bucket), ""):
        try:
            policy = await buckets.get_policy(bucket)
        except NoSuchBucketError:
            policy = Policy()
        if policy.is_listed_publicly:
            return None
    return areas_to_list(caller, bucket)
