"""ListBuckets."""

from litestar.types import ASGIApp

from domain.access.cursors import Cursors
from domain.buckets.list_buckets import ListBuckets as ListBucketsByName
from domain.buckets.model import Bucket
from domain.values.errors import InvalidCursorError
from service.s3.buckets.owner import OWNER_ELEMENT
from service.s3.errors import S3Error
from service.s3.region import Region
from service.s3.request import S3Request
from service.s3.responses import xml_response
from service.s3.xml import document, element, text

# Also of AWS, for a list that is not asked for in pages.
MAX_BUCKETS = 10_000


class ListBuckets:
    """List the buckets that the caller may see, by name."""

    def __init__(self, list_buckets: ListBucketsByName, cursors: Cursors, region: Region) -> None:
        self._list_buckets = list_buckets
        self._cursors = cursors
        self._region = region

    async def __call__(self, request: S3Request) -> ASGIApp:
        prefix, limit = request.query.get("prefix") or "", request.query.integer("max-buckets", MAX_BUCKETS)
        if not 1 <= limit <= MAX_BUCKETS:
            raise _invalid("max-buckets", f"max-buckets is a whole number from 1 to {MAX_BUCKETS}.")
        after = self._position(request)
        buckets: list[Bucket] = []
        last = None
        if prefix.isascii() and prefix.isprintable() and not self._is_elsewhere(request):
            buckets, last = await self._list_buckets(request.caller, after=after, limit=limit, prefix=prefix)
        listed = (
            element(
                "Bucket",
                text("Name", each.name),
                text("CreationDate", each.created_at),
                text("BucketRegion", self._region),
            )
            for each in buckets
        )
        more = [text("Prefix", prefix)] if prefix else []
        if last is not None:
            more.append(text("ContinuationToken", self._cursors.give(request.caller, last) or ""))
        return xml_response(document("ListAllMyBucketsResult", OWNER_ELEMENT, element("Buckets", *listed), *more))

    def _position(self, request: S3Request) -> str | None:
        try:
            return self._cursors.take(request.caller, request.query.get("continuation-token") or None)
        except InvalidCursorError:
            raise _invalid("continuation-token", "The continuation token provided is incorrect") from None

    def _is_elsewhere(self, request: S3Request) -> bool:
        return request.query.get("bucket-region") not in {None, "", self._region}


def _invalid(name: str, message: str) -> S3Error:
    return S3Error("InvalidArgument", message, {"ArgumentName": name})
