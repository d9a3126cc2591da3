"""AbortMultipartUpload."""

from http import HTTPStatus

from litestar.types import ASGIApp

from domain.multipart.abort_multipart_upload import AbortMultipartUpload as AbortUpload
from service.s3.multipart.addresses import upload_of
from service.s3.request import S3Request
from service.s3.responses import empty_response


class AbortMultipartUpload:
    """Give up an upload and its parts."""

    def __init__(self, abort: AbortUpload) -> None:
        self._abort = abort

    async def __call__(self, request: S3Request) -> ASGIApp:
        await self._abort(request.caller, upload_of(request))
        return empty_response(HTTPStatus.NO_CONTENT)
