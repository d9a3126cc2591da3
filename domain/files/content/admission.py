"""The checks of a new file before any of its bytes are read."""

import msgspec

from domain.buckets.errors import FileTooLargeError
from domain.buckets.model import Policy, check_bucket_name
from domain.buckets.ports import Buckets
from domain.files.errors import NoSuchFileError
from domain.files.metadata import check_metadata, check_tags
from domain.files.model import File, NewFile
from domain.files.names import check_file_name
from domain.files.ports import Files
from domain.values.limits import Limits
from domain.values.media_types import OCTET_STREAM
from domain.values.preconditions import NO_PRECONDITION


def check_new_file(new: NewFile) -> NewFile:
    """Return `new` in its normal form if a file may be like that.

    Raises `InvalidBucketError`, `InvalidNameError`, `InvalidMetadataError`, `InvalidTagsError`.
    """
    return msgspec.structs.replace(
        new,
        bucket=check_bucket_name(new.bucket),
        name=check_file_name(new.name),
        metadata=None if new.metadata is None else check_metadata(new.metadata),
        tags=None if new.tags is None else check_tags(new.tags),
    )


def too_large(limit: int) -> FileTooLargeError:
    """Return the refusal of a file that is larger than `limit` bytes."""
    return FileTooLargeError(f"The file is larger than the {limit} bytes that are allowed here.")


class Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may come: how large it may be, in bytes, and the policy of its bucket, as it was just now."""

    max_size: int
    policy: Policy = Policy()

    @property
    def has_quota(self) -> bool:
        """Whether there is a quota to reserve room in."""
        return self.policy.has_quota

    def admit_type(self, new: NewFile) -> None:
        """Raise `TypeNotAllowedError` where the bucket, or the file's terms, do not allow its type."""
        new.terms.admit(content_type=new.content_type, size=None)
        self.policy.admit(content_type=new.content_type, size=None)


class Admission:
    """Refuse a new file before any of its bytes are taken."""

    def __init__(self, buckets: Buckets, files: Files, limits: Limits) -> None:
        self._buckets = buckets
        self._files = files
        self._max_file_size = limits.max_file_size

    async def admit(self, new: NewFile) -> Admitted:
        """Return what the file may be; raise the error that its commit would raise now, but for the quota.

        A type that only the bytes tell passes: see `DetectType`. For the quota, see `ReserveRoom`.
        """
        told_type = None if new.content_type == OCTET_STREAM else new.content_type
        new.terms.admit(content_type=told_type, size=new.size)
        policy = await self._buckets.get_policy(new.bucket)
        policy.admit(content_type=told_type, size=new.size)
        bucket_limit = self._max_file_size if policy.max_file_size is None else policy.max_file_size
        own_limit = self._max_file_size if new.terms.max_file_size is None else new.terms.max_file_size
        limit = min(bucket_limit, own_limit, self._max_file_size)
        size = new.size or 0
        if size > limit:
            raise too_large(limit)
        # Few uploads depend on the file that they replace; the others need not look for it.
        if new.precondition != NO_PRECONDITION:
            new.precondition.check(await self._find_replaced(new))
        return Admitted(max_size=limit, policy=policy)

    def admit_small(self, size: int) -> None:
        """Raise `FileTooLargeError` where no file may have `size` bytes; its commit checks the rest."""
        if size > self._max_file_size:
            raise too_large(self._max_file_size)

    async def admit_upload(self, target: NewFile | None, size: int | None) -> Admitted:
        """Do as `admit` does for a resumable upload of `size` bytes to `target`; a part of one has no target."""
        if target is not None:
            return await self.admit(msgspec.structs.replace(target, size=size))
        if size is not None and size > self._max_file_size:
            raise too_large(self._max_file_size)
        return Admitted(max_size=self._max_file_size)

    async def _find_replaced(self, new: NewFile) -> File | None:
        try:
            return await self._files.get_file_by_name(new.bucket, new.name)
        except NoSuchFileError:
            return None
