"""Buckets in JSON."""

from datetime import datetime

import msgspec

from domain.buckets.model import Bucket, Usage


class BucketBody(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket: its policy, and what its files add up to."""

    name: str
    max_file_size: int | None
    allowed_types: tuple[str, ...] | None
    quota_bytes: int | None
    default_ttl: int | None
    public: bool
    cache_control: str | None
    created_at: datetime
    usage: Usage


class BucketPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of buckets; `next` is the cursor of the next one, null on the last."""

    items: list[BucketBody]
    limit: int
    next: str | None


def bucket_body(bucket: Bucket) -> BucketBody:
    """Return a bucket as callers see it."""
    policy = bucket.policy
    return BucketBody(
        name=bucket.name,
        max_file_size=policy.max_file_size,
        allowed_types=policy.allowed_types,
        quota_bytes=policy.quota_bytes,
        default_ttl=policy.default_ttl,
        public=policy.public,
        cache_control=policy.cache_control,
        created_at=bucket.created_at,
        usage=bucket.usage,
    )
