"""The right that each operation on a file needs.

A file that was found is judged by the name that it is stored under. A file that may not be seen is missing.
"""

from domain.access.callers import Caller, denied
from domain.access.scopes import Scope
from domain.buckets.access import require_sight as require_bucket_sight
from domain.buckets.errors import no_such_bucket
from domain.buckets.model import check_bucket_name
from domain.errors import DeniedAccess
from domain.files.errors import no_such_file
from domain.files.model import Destination, File


def require_sight(caller: Caller, file: File) -> None:
    """Return if the caller may see the file's record. Raises `NoSuchFileError`, `UnauthenticatedError`."""
    if not caller.permissions.show(file.bucket, file.name):
        raise caller.refusal(no_such_file(), DeniedAccess(bucket=file.bucket, name=file.name))


def require_read(caller: Caller, file: File) -> None:
    """Return if the caller may read the file's bytes. Raises those, and `AccessDeniedError`."""
    caller.require("read", file.bucket, file.name, no_such_file())


def require_delete(caller: Caller, file: File) -> None:
    """Return if the caller may delete the file. Raises the errors of `require_read`."""
    caller.require("delete", file.bucket, file.name, no_such_file())


def require_change(caller: Caller, file: File, to: Destination) -> None:
    """Return if the caller may change the file, which goes `to`: a move reads, deletes, and writes at its new name.

    Raises the errors of `require_read`, and those of `require_store` for the new name.
    """
    bucket, name = to.bucket or file.bucket, to.name or file.name
    if (file.bucket, file.name) == (bucket, name):
        caller.require("write", file.bucket, file.name, no_such_file())
        return
    require_read(caller, file)
    require_delete(caller, file)
    require_store(caller, bucket, name)


def require_copy(caller: Caller, file: File, to: Destination) -> None:
    """Return if the caller may copy the file there. Raises the errors of `require_change`."""
    require_read(caller, file)
    require_store(caller, to.bucket or file.bucket, to.name or file.name)


def require_store(caller: Caller, bucket: str, name: str) -> None:
    """Return if the caller may store a file under that name, whether there is one or not.

    Raises `AccessDeniedError`; in a bucket that the caller may not see, `NoSuchBucketError`.
    """
    if caller.permissions.allow("write", bucket, name):
        return
    if caller.permissions.show_bucket(bucket):
        raise denied("write", bucket, name)
    raise caller.refusal(no_such_bucket(bucket), DeniedAccess("write", bucket, name))


def areas_to_list(caller: Caller, bucket: str | None) -> tuple[Scope, ...] | None:
    """Return the areas that the caller may list, of one bucket or of all; None where that is everything.

    Raises `InvalidBucketError`, `NoSuchBucketError` where the caller may not see the bucket, and `AccessDeniedError`
    where it may list nothing in it.
    """
    if bucket is None:
        if caller.kind == "nobody":
            raise caller.refusal(no_such_file())
        areas = caller.permissions.areas("list")
        return None if any(each.bucket == "*" and each.prefix is None for each in areas) else areas
    require_bucket_sight(caller, check_bucket_name(bucket))
    within = caller.permissions.areas_in("list", bucket)
    if within == ():
        raise denied("list", bucket)
    return within
