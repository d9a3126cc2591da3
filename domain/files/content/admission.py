"""What is refused of a new file before any of its bytes are taken."""

import msgspec

from domain.buckets.errors import FileTooLargeError
from domain.buckets.model import check_bucket_name
from domain.catalog import Catalog
from domain.files.errors import NoSuchFileError
from domain.files.metadata import check_metadata, check_tags
from domain.files.model import File, NewFile
from domain.files.names import check_file_name
from domain.values.preconditions import NO_PRECONDITION


def check_new_file(new: NewFile) -> NewFile:
    """Return `new` as files have it.

    Raises `InvalidBucketError`, `InvalidNameError`, `InvalidMetadataError`, `InvalidTagsError`.
    """
    return msgspec.structs.replace(
        new,
        bucket=check_bucket_name(new.bucket),
        name=check_file_name(new.name),
        metadata=None if new.metadata is None else check_metadata(new.metadata),
        tags=None if new.tags is None else check_tags(new.tags),
    )


async def admit(catalog: Catalog, new: NewFile, *, max_file_size: int) -> int:
    """Raise what the commit would raise as things stand, else return the most bytes that the file may have.

    `max_file_size` is the service's own limit.
    """
    bucket = await catalog.get_bucket(new.bucket)
    policy = bucket.policy
    policy.admit(content_type=new.content_type, size=new.size)
    bucket_limit = max_file_size if policy.max_file_size is None else policy.max_file_size
    limit = min(bucket_limit, max_file_size)
    size = new.size or 0
    if size > limit:
        raise too_large(limit)
    # Few uploads depend on what they replace; the others need not look for it.
    is_tight = policy.quota_bytes is not None and bucket.usage.bytes + size > policy.quota_bytes
    if is_tight or new.precondition != NO_PRECONDITION:
        replaced = await _replaced(catalog, new)
        new.precondition.check(replaced)
        policy.check_quota(used=bucket.usage.bytes, added=size - (replaced.size if replaced else 0))
    return limit


async def admit_upload(catalog: Catalog, target: NewFile | None, size: int | None, *, max_file_size: int) -> int:
    """Do as `admit` does for a resumable upload of `size` bytes to `target`; a part of one has none."""
    if target is not None:
        return await admit(catalog, msgspec.structs.replace(target, size=size), max_file_size=max_file_size)
    if size is not None and size > max_file_size:
        raise too_large(max_file_size)
    return max_file_size


def too_large(limit: int) -> FileTooLargeError:
    """Return the refusal of a file that is larger than `limit` bytes."""
    return FileTooLargeError(f"The file is larger than the {limit} bytes that are allowed here.")


async def _replaced(catalog: Catalog, new: NewFile) -> File | None:
    try:
        return await catalog.get_file_by_name(new.bucket, new.name)
    except NoSuchFileError:
        return None
