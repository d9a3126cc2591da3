"""DeleteObject."""

from http import HTTPStatus

from litestar.types import ASGIApp

from domain.access.callers import denied
from domain.buckets.find_bucket import FindBucket
from domain.files.delete_file import DeleteFile
from domain.files.errors import NoSuchFileError
from service.s3.headers.conditions import write_conditions
from service.s3.headers.unsupported import check_version, refuse_unsupported
from service.s3.names import location_of
from service.s3.request import S3Request
from service.s3.responses import empty_response


class DeleteObject:
    """Delete an object. One that does not exist is as good as deleted, whatever state it should have been in."""

    def __init__(self, delete: DeleteFile, find_bucket: FindBucket) -> None:
        self._delete = delete
        self._find_bucket = find_bucket

    async def __call__(self, request: S3Request) -> ASGIApp:
        check_version(request)
        refuse_unsupported(request)
        at = location_of(request.bucket, request.key)
        if not request.caller.permissions.allow("delete", at.bucket, at.name):
            await self._find_bucket(request.caller, at.bucket)
            raise denied("delete", at.bucket, at.name)
        try:
            await self._delete(request.caller, at, write_conditions(request.field))
        except NoSuchFileError:
            await self._find_bucket(request.caller, at.bucket)
        return empty_response(HTTPStatus.NO_CONTENT)
