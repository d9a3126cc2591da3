"""DeleteBucket."""

from http import HTTPStatus

from litestar.types import ASGIApp

from domain.buckets.delete_bucket import DeleteBucket as DeleteEmptyBucket
from service.s3.request import S3Request
from service.s3.responses import empty_response


class DeleteBucket:
    """Delete a bucket that holds no objects."""

    def __init__(self, delete: DeleteEmptyBucket) -> None:
        self._delete = delete

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._delete(request.caller, request.bucket)
        return empty_response(HTTPStatus.NO_CONTENT)
