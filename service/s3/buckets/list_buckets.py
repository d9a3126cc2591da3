"""ListBuckets."""

from litestar.types import ASGIApp

from domain.buckets.list_buckets import ListBuckets as ListBucketsByName
from service.s3.errors import S3Error
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import document, element, text

# Of AWS, for a list that is not asked for in pages.
MAX_BUCKETS = 10_000
# Of all buckets: callers have rights, and own nothing.
OWNER = "fileport"

_NOT_YET = ("bucket-region", "continuation-token", "max-buckets", "prefix")


class ListBuckets:
    """List the buckets that the caller may see, by name."""

    def __init__(self, list_buckets: ListBucketsByName) -> None:
        self._list_buckets = list_buckets

    async def __call__(self, request: S3Request) -> ASGIApp:
        if any(name in request.query for name in _NOT_YET):
            raise S3Error("NotImplemented", "Buckets are not listed in pages.")
        buckets, _ = await self._list_buckets(request.caller, after=None, limit=MAX_BUCKETS)
        listed = (element("Bucket", text("Name", each.name), text("CreationDate", each.created_at)) for each in buckets)
        return xml_response(
            document("ListAllMyBucketsResult", element("Owner", text("ID", OWNER)), element("Buckets", *listed))
        )
