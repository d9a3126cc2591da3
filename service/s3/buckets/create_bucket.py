"""CreateBucket."""

import re

from litestar.types import ASGIApp

from domain.access.callers import denied
from domain.buckets.model import Policy
from domain.buckets.put_bucket import PutBucket
from domain.errors import PreconditionFailedError
from domain.values.preconditions import Precondition
from service.s3.errors import S3Error
from service.s3.headers.unsupported import refuse_acls
from service.s3.region import DEFAULT, Region
from service.s3.request import S3Request
from service.s3.responses import empty_response

# User Guide, "Bucket naming rules", which are narrower than those of the API.
_NAME = re.compile(r"(?=.{3,63}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_LOCK = "x-amz-bucket-object-lock-enabled"
_OWNERSHIP = "x-amz-object-ownership"


class CreateBucket:
    """Create a bucket without any limits."""

    def __init__(self, put: PutBucket, region: Region) -> None:
        self._put = put
        self._region = region

    async def __call__(self, request: S3Request) -> ASGIApp:
        """Creating it again does nothing, in the region where that is so, and is refused in others."""
        refuse_acls(request)
        if request.field(_LOCK).lower() == "true":
            raise S3Error("NotImplemented", f"The header {_LOCK} implies functionality that is not implemented.")
        if request.field(_OWNERSHIP) not in {"", "BucketOwnerEnforced"}:
            raise S3Error("InvalidRequest", "Buckets have the ownership BucketOwnerEnforced.")
        if not _NAME.fullmatch(request.bucket) or _ADDRESS.fullmatch(request.bucket):
            raise S3Error("InvalidBucketName", "The specified bucket is not valid.", {"BucketName": request.bucket})
        if not request.caller.permissions.administer(request.bucket):
            # Whether there is such a bucket or not.
            raise denied("admin", request.bucket)
        await self._check_location(request)
        try:
            await self._put(request.caller, request.bucket, Policy(), precondition=Precondition(if_none_match=()))
        except PreconditionFailedError:
            if self._region != DEFAULT:
                raise S3Error(
                    "BucketAlreadyOwnedByYou",
                    "Your previous request to create the named bucket succeeded and you already own it.",
                    {"BucketName": request.bucket},
                ) from None
        return empty_response(headers={"Location": f"/{request.bucket}"})

    async def _check_location(self, request: S3Request) -> None:
        if request.content_length == 0:
            return
        configuration = await request.read_xml("CreateBucketConfiguration")
        if more := [each.name for each in configuration.children if each.name != "LocationConstraint"]:
            raise S3Error("NotImplemented", f"A bucket is created without {', '.join(more)}.")
        location = configuration.get("LocationConstraint") or self._region
        if location != self._region:
            raise S3Error(
                "InvalidLocationConstraint",
                f"The location constraint is not valid: this service is {self._region}.",
                {"LocationConstraint": location},
            )
