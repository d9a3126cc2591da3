"""GetBucketTagging, PutBucketTagging and DeleteBucketTagging."""

from http import HTTPStatus

from litestar.types import ASGIApp

from domain.buckets.change_bucket import ChangeBucket
from domain.buckets.find_bucket import FindBucket
from domain.buckets.model import MAX_LABELS, BucketChange
from service.s3.documents import ReadDocument
from service.s3.errors import S3Error
from service.s3.headers.labels import labels_in_xml, tag_set
from service.s3.request import S3Request
from service.s3.responses import empty_response, xml_response
from service.s3.xml import document


class GetBucketTagging:
    """Return the tags of a bucket."""

    def __init__(self, find: FindBucket) -> None:
        self._find = find

    async def __call__(self, request: S3Request) -> ASGIApp:
        bucket = await self._find(request.caller, request.bucket)
        if not bucket.labels:
            raise S3Error("NoSuchTagSet", "The TagSet does not exist", {"BucketName": request.bucket})
        return xml_response(document("Tagging", tag_set(bucket.labels)))


class PutBucketTagging:
    """Replace the tags of a bucket."""

    def __init__(self, change: ChangeBucket, read_document: ReadDocument) -> None:
        self._change = change
        self._read_document = read_document

    async def __call__(self, request: S3Request) -> ASGIApp:
        # The body is asked for only where the caller may change the bucket.
        await self._change(request.caller, request.bucket, BucketChange())
        labels = labels_in_xml(await self._read_document(request, "Tagging"), limit=MAX_LABELS)
        await self._change(request.caller, request.bucket, BucketChange(labels=labels))
        return empty_response(HTTPStatus.NO_CONTENT)


class DeleteBucketTagging:
    """Remove the tags of a bucket."""

    def __init__(self, change: ChangeBucket) -> None:
        self._change = change

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._change(request.caller, request.bucket, BucketChange(labels={}))
        return empty_response(HTTPStatus.NO_CONTENT)
