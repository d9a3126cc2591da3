"""The table of the operations that are offered, and the choice among them.

A request is for the service, for a bucket or for an object, by its address. Its method, and the parameters of its query
that name an operation (`?uploads`) and headers that do (`x-amz-copy-source`), tell which operation it asks for. What
stands in no line of the table is answered 501: nothing is mistaken for something else.
"""

from collections.abc import Collection
from typing import Literal, NamedTuple, Protocol

from litestar.types import ASGIApp

from domain.access.scopes import Action
from service.s3.address import Address
from service.s3.buckets.acls import GetBucketAcl, GetObjectAcl, PutBucketAcl, PutObjectAcl
from service.s3.buckets.cors import DeleteBucketCors, GetBucketCors, PutBucketCors
from service.s3.buckets.create_bucket import CreateBucket
from service.s3.buckets.delete_bucket import DeleteBucket
from service.s3.buckets.head_bucket import HeadBucket
from service.s3.buckets.list_buckets import ListBuckets
from service.s3.buckets.properties import PROPERTIES
from service.s3.buckets.tagging import DeleteBucketTagging, GetBucketTagging, PutBucketTagging
from service.s3.errors import S3Error
from service.s3.forms.post_object import PostObject
from service.s3.listings.list_objects import ListObjects, ListObjectsV2
from service.s3.listings.list_versions import ListObjectVersions
from service.s3.multipart.abort_multipart_upload import AbortMultipartUpload
from service.s3.multipart.complete_multipart_upload import CompleteMultipartUpload
from service.s3.multipart.create_multipart_upload import CreateMultipartUpload
from service.s3.multipart.list_multipart_uploads import ListMultipartUploads
from service.s3.multipart.list_parts import ListParts
from service.s3.multipart.upload_part import UploadPart
from service.s3.multipart.upload_part_copy import UploadPartCopy
from service.s3.objects.copy_object import CopyObject
from service.s3.objects.delete_object import DeleteObject
from service.s3.objects.delete_objects import DeleteObjects
from service.s3.objects.get_object import GetObject
from service.s3.objects.get_object_attributes import GetObjectAttributes
from service.s3.objects.put_object import PutObject
from service.s3.objects.tagging import DeleteObjectTagging, GetObjectTagging, PutObjectTagging
from service.s3.request import S3Request

Level = Literal["service", "bucket", "object"]

# The parameters that name an operation, or change what one is about. All others, such as `x-id`, only inform.
SUBRESOURCES = frozenset(
    [
        "abac",
        "accelerate",
        "acl",
        "analytics",
        "append",
        "attributes",
        "cors",
        "delete",
        "encryption",
        "intelligent-tiering",
        "inventory",
        "legal-hold",
        "lifecycle",
        "list-type",
        "location",
        "logging",
        "metadataConfiguration",
        "metadataTable",
        "metrics",
        "notification",
        "object-lock",
        "ownershipControls",
        "partNumber",
        "policy",
        "policyStatus",
        "publicAccessBlock",
        "renameObject",
        "replication",
        "requestPayment",
        "restore",
        "retention",
        "select",
        "session",
        "tagging",
        "torrent",
        "uploadId",
        "uploads",
        "versionId",
        "versioning",
        "versions",
        "website",
    ]
)


class Handler(Protocol):
    """Serves one operation: parses the request, calls one use case, renders. Made once, by the container."""

    async def __call__(self, request: S3Request) -> ASGIApp:
        """Return the response. Raises `S3Error` and errors of the domain, which `service.s3.errors` renders."""
        ...


class Operation(NamedTuple):
    """One line of the table. `name` is AWS's; the log and the metrics have it.

    `named_by` are the subresources that must be there, and `takes` those that may be: a request with any other is not
    for this operation. `header` must be there, too. `action` is the right that a caller without it was denied, for the
    audit. A request without credentials gets no further, unless it `is_public`: then the use case decides.
    """

    name: str
    level: Level
    method: str
    handler: type[Handler]
    action: Action
    named_by: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()
    header: bytes | None = None
    is_public: bool = False


_ATTRIBUTES, _TAGGING, _VERSION = frozenset({"attributes"}), frozenset({"tagging"}), frozenset({"versionId"})


def _named(name: str) -> frozenset[str]:
    return frozenset({name})


_UPLOADS, _UPLOAD = _named("uploads"), _named("uploadId")
_PART = _UPLOAD | {"partNumber"}
_READ = _VERSION | {"partNumber"}

OPERATIONS: tuple[Operation, ...] = (
    Operation("ListBuckets", "service", "GET", ListBuckets, "list"),
    Operation("HeadBucket", "bucket", "HEAD", HeadBucket, "list"),
    Operation("CreateBucket", "bucket", "PUT", CreateBucket, "admin"),
    Operation("DeleteBucket", "bucket", "DELETE", DeleteBucket, "admin"),
    Operation("ListObjects", "bucket", "GET", ListObjects, "list", is_public=True),
    Operation("ListObjectsV2", "bucket", "GET", ListObjectsV2, "list", _named("list-type"), is_public=True),
    Operation("ListObjectVersions", "bucket", "GET", ListObjectVersions, "list", _named("versions")),
    Operation("DeleteObjects", "bucket", "POST", DeleteObjects, "delete", _named("delete")),
    Operation("GetBucketCors", "bucket", "GET", GetBucketCors, "list", _named("cors")),
    Operation("PutBucketCors", "bucket", "PUT", PutBucketCors, "admin", _named("cors")),
    Operation("DeleteBucketCors", "bucket", "DELETE", DeleteBucketCors, "admin", _named("cors")),
    Operation("GetBucketTagging", "bucket", "GET", GetBucketTagging, "list", _TAGGING),
    Operation("PutBucketTagging", "bucket", "PUT", PutBucketTagging, "admin", _TAGGING),
    Operation("DeleteBucketTagging", "bucket", "DELETE", DeleteBucketTagging, "admin", _TAGGING),
    Operation("GetBucketAcl", "bucket", "GET", GetBucketAcl, "list", _named("acl")),
    Operation("PutBucketAcl", "bucket", "PUT", PutBucketAcl, "admin", _named("acl")),
    Operation("GetObjectAcl", "object", "GET", GetObjectAcl, "read", _named("acl"), _VERSION),
    Operation("PutObjectAcl", "object", "PUT", PutObjectAcl, "write", _named("acl"), _VERSION),
    *(
        Operation(handler.__name__, "bucket", "GET", handler, "list", _named(name))
        for name, handler in PROPERTIES.items()
    ),
    Operation("PostObject", "bucket", "POST", PostObject, "write", is_public=True),
    Operation("PutObject", "object", "PUT", PutObject, "write"),
    Operation("CopyObject", "object", "PUT", CopyObject, "write", header=b"x-amz-copy-source"),
    Operation("GetObject", "object", "GET", GetObject, "read", takes=_READ, is_public=True),
    Operation("HeadObject", "object", "HEAD", GetObject, "read", takes=_READ, is_public=True),
    Operation("DeleteObject", "object", "DELETE", DeleteObject, "delete", takes=_VERSION),
    Operation("CreateMultipartUpload", "object", "POST", CreateMultipartUpload, "write", _UPLOADS),
    Operation("UploadPart", "object", "PUT", UploadPart, "write", _PART),
    Operation("UploadPartCopy", "object", "PUT", UploadPartCopy, "write", _PART, header=b"x-amz-copy-source"),
    Operation("ListParts", "object", "GET", ListParts, "write", _UPLOAD),
    Operation("CompleteMultipartUpload", "object", "POST", CompleteMultipartUpload, "write", _UPLOAD),
    Operation("AbortMultipartUpload", "object", "DELETE", AbortMultipartUpload, "write", _UPLOAD),
    Operation("ListMultipartUploads", "bucket", "GET", ListMultipartUploads, "write", _UPLOADS),
    Operation("GetObjectAttributes", "object", "GET", GetObjectAttributes, "read", _ATTRIBUTES, _VERSION),
    Operation("GetObjectTagging", "object", "GET", GetObjectTagging, "read", _TAGGING, _VERSION),
    Operation("PutObjectTagging", "object", "PUT", PutObjectTagging, "write", _TAGGING, _VERSION),
    Operation("DeleteObjectTagging", "object", "DELETE", DeleteObjectTagging, "write", _TAGGING, _VERSION),
)


_BY_METHOD = {
    key: [each for each in OPERATIONS if (each.level, each.method) == key]
    for key in {(each.level, each.method) for each in OPERATIONS}
}


def find_operation(address: Address, method: str, parameters: Collection[str], headers: Collection[bytes]) -> Operation:
    """Return the operation that a request asks for, by the names in its query and of its headers. Raises `S3Error`."""
    of_method = _BY_METHOD.get((level_of(address), method), ())
    asked = SUBRESOURCES.intersection(parameters)
    found = [
        each
        for each in of_method
        if each.named_by <= asked <= each.named_by | each.takes and (each.header is None or each.header in headers)
    ]
    if found:
        # The nearest: UploadPartCopy takes all that UploadPart takes, and a header.
        return max(found, key=lambda each: (len(each.named_by), each.header is not None))
    if not of_method and method not in _METHODS:
        raise S3Error("MethodNotAllowed", "The specified method is not allowed against this resource.")
    raise S3Error("NotImplemented", "A header or parameter you provided implies functionality that is not implemented.")


_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


def level_of(address: Address) -> Level:
    """Return what a request is for."""
    if address.key:
        return "object"
    return "bucket" if address.bucket else "service"
