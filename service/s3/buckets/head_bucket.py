"""HeadBucket."""

from litestar.types import ASGIApp

from domain.buckets.find_bucket import FindBucket
from service.s3.region import Region
from service.s3.request import S3Request
from service.s3.responses import empty_response


class HeadBucket:
    """Tell whether a bucket exists and may be seen."""

    def __init__(self, find: FindBucket, region: Region) -> None:
        self._find = find
        self._region = region

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._find(request.caller, request.bucket)
        return empty_response(headers={"x-amz-bucket-region": self._region})
