"""Buckets in JSON."""

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from domain.access.callers import Caller
from domain.buckets.model import (
    AllowedTypes,
    Bucket,
    BucketName,
    CacheControl,
    Cors,
    IsListedPublicly,
    IsPublic,
    MaxFileSize,
    QuotaBytes,
    QuotaFiles,
    TimeToLive,
    Usage,
)
from domain.values.numbers import Positive
from domain.values.times import UtcTime


class BucketBody(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket: its policy, and what its files add up to."""

    name: BucketName
    max_file_size: MaxFileSize | None
    allowed_types: AllowedTypes | None
    quota_bytes: QuotaBytes | None
    quota_files: QuotaFiles | None
    default_ttl: TimeToLive | None
    public: IsPublic
    public_listing: IsListedPublicly
    cors: Cors
    cache_control: CacheControl | None
    created_at: UtcTime
    usage: Annotated[
        Usage | UnsetType, Meta(description="Left out for a caller who may not see all files of the bucket.")
    ] = UNSET


class BucketPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of buckets; `next` is the cursor of the next one, null on the last."""

    items: list[BucketBody]
    limit: Positive
    next: str | None


def bucket_body(caller: Caller, bucket: Bucket) -> BucketBody:
    """Return a bucket as the caller sees it."""
    policy = bucket.policy
    return BucketBody(
        name=bucket.name,
        max_file_size=policy.max_file_size,
        allowed_types=policy.allowed_types,
        quota_bytes=policy.quota_bytes,
        quota_files=policy.quota_files,
        default_ttl=policy.default_ttl,
        public=policy.public,
        public_listing=policy.public_listing,
        cors=policy.cors,
        cache_control=policy.cache_control,
        created_at=bucket.created_at,
        usage=bucket.usage if caller.permissions.show_all_of(bucket.name) else UNSET,
    )
