"""Headers that ask for what is not offered: refused, for a client that relies on it must know."""

from service.s3.errors import S3Error
from service.s3.fields import Fields
from service.s3.request import S3Request

# Encryption, locks, redirects, appends, and conditions of directory buckets.
_NOT_IMPLEMENTED = (
    "x-amz-server-side-encryption",
    "x-amz-copy-source-server-side-encryption",
    "x-amz-object-lock-",
    "x-amz-website-redirect-location",
    "x-amz-write-offset-bytes",
    "x-amz-if-match-",
)
# As for a bucket of AWS whose ACLs are disabled ("bucket owner enforced"), where `private` says the same.
_ACLS = frozenset({"private", "bucket-owner-full-control", "bucket-owner-read"})


def refuse_unsupported(request: Fields) -> None:
    """Raise `S3Error` where the request asks for encryption, a lock, an ACL, or another storage class."""
    fields = request.fields("x-amz-")
    for name in fields:
        if name.startswith(_NOT_IMPLEMENTED):
            raise S3Error("NotImplemented", f"The header {name} implies functionality that is not implemented.")
    refuse_acls(request)
    if fields.get("x-amz-storage-class", "STANDARD") != "STANDARD":
        raise S3Error("InvalidStorageClass", "The storage class you specified is not valid.")


def refuse_acls(request: Fields) -> None:
    """Raise `S3Error` where the request asks for rights beyond those of the owner."""
    fields = request.fields("x-amz-")
    if fields.get("x-amz-acl", "private") not in _ACLS or any(name.startswith("x-amz-grant-") for name in fields):
        raise S3Error("AccessControlListNotSupported", "The bucket does not allow ACLs.")


def check_version(request: S3Request) -> None:
    """Raise `S3Error` unless the request is for the one version that objects have, `null`."""
    if request.query.get("versionId") not in {None, "null"}:
        raise S3Error("InvalidArgument", "Invalid version id specified", {"ArgumentName": "versionId"})
