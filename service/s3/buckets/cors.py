"""GetBucketCors, PutBucketCors and DeleteBucketCors: the rules are those of the bucket's policy."""

from http import HTTPStatus
from typing import cast

from litestar.types import ASGIApp

from domain.buckets.change_bucket import ChangeBucket
from domain.buckets.cors import CorsMethod, CorsRule
from domain.buckets.errors import InvalidBucketError
from domain.buckets.find_bucket import FindBucket
from domain.buckets.model import BucketChange
from service.s3.documents import ReadDocument
from service.s3.errors import S3Error
from service.s3.request import S3Request
from service.s3.responses import empty_response, xml_response
from service.s3.xml import Node, Xml, document, element, text

_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


class GetBucketCors:
    """Return the rules of a bucket, to whoever may see it."""

    def __init__(self, find: FindBucket) -> None:
        self._find = find

    async def __call__(self, request: S3Request) -> ASGIApp:
        bucket = await self._find(request.caller, request.bucket)
        if not bucket.policy.cors:
            raise S3Error(
                "NoSuchCORSConfiguration", "The CORS configuration does not exist", {"BucketName": request.bucket}
            )
        return xml_response(document("CORSConfiguration", *map(_element, bucket.policy.cors)))


class PutBucketCors:
    """Replace the rules of a bucket."""

    def __init__(self, change: ChangeBucket, read_document: ReadDocument) -> None:
        self._change = change
        self._read_document = read_document

    async def __call__(self, request: S3Request) -> ASGIApp:
        # The body is asked for only where the caller may change the bucket.
        await self._change(request.caller, request.bucket, BucketChange())
        configuration = await self._read_document(request, "CORSConfiguration")
        rules = tuple(_rule(each) for each in configuration.all("CORSRule"))
        if not rules:
            raise S3Error("MalformedXML", "A CORS configuration has one rule or more.")
        try:
            await self._change(request.caller, request.bucket, BucketChange(cors=rules))
        except InvalidBucketError as error:
            raise S3Error("InvalidRequest", error.detail) from None
        return empty_response()


class DeleteBucketCors:
    """Remove the rules of a bucket."""

    def __init__(self, change: ChangeBucket) -> None:
        self._change = change

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._change(request.caller, request.bucket, BucketChange(cors=()))
        return empty_response(HTTPStatus.NO_CONTENT)


def _rule(node: Node) -> CorsRule:
    methods = _texts(node, "AllowedMethod")
    for method in methods:
        if method not in _METHODS:
            raise S3Error(
                "InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    age = node.get("MaxAgeSeconds")
    if age is not None and not (age.isascii() and age.isdigit() and len(age) < 10):
        raise S3Error("MalformedXML", "MaxAgeSeconds is a whole number of seconds.")
    return CorsRule(
        allowed_origins=_texts(node, "AllowedOrigin"),
        allowed_methods=cast(tuple[CorsMethod, ...], methods),
        allowed_headers=tuple(each.lower() for each in _texts(node, "AllowedHeader")),
        exposed_headers=_texts(node, "ExposeHeader"),
        max_age=None if age is None else int(age),
        id=node.get("ID"),
    )


def _texts(node: Node, name: str) -> tuple[str, ...]:
    return tuple(each.text for each in node.all(name))


def _element(rule: CorsRule) -> Xml:
    return element(
        "CORSRule",
        *([] if rule.id is None else [text("ID", rule.id)]),
        *(text("AllowedOrigin", each) for each in rule.allowed_origins),
        *(text("AllowedMethod", each) for each in rule.allowed_methods),
        *(text("AllowedHeader", each) for each in rule.allowed_headers),
        *(text("ExposeHeader", each) for each in rule.exposed_headers),
        *([] if rule.max_age is None else [text("MaxAgeSeconds", rule.max_age)]),
    )
