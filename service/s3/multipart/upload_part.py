"""UploadPart."""

from litestar.types import ASGIApp

from domain.multipart.model import Part
from domain.multipart.part_sums import DeclaredChecksum, DeclaredSums
from domain.multipart.upload_part import UploadPart as StorePart
from service.runtime.concurrency import Capacity
from service.s3.errors import S3Error
from service.s3.headers.checksums import content_md5, declared_checksum, field_of
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.multipart.addresses import part_number_of, upload_of
from service.s3.request import S3Request
from service.s3.responses import empty_response


class UploadPart:
    """Store a part from the body of a request."""

    def __init__(self, store: StorePart, capacity: Capacity) -> None:
        self._store = store
        self._capacity = capacity

    async def __call__(self, request: S3Request) -> ASGIApp:
        refuse_unsupported(request)
        address, number = upload_of(request), part_number_of(request)
        algorithm, read = declared_checksum(request)
        declared = DeclaredSums(
            md5=content_md5(request),
            checksum=None if algorithm is None else DeclaredChecksum(algorithm, read),
        )
        size = request.content_length
        if size is None:
            raise S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.")
        async with self._capacity.uploads.slot(request.caller):
            part, kept = await self._store(
                request.caller, address, number, request.stream(), size=size, declared=declared
            )
        return empty_response(headers={"ETag": etag_of(part), field_of(kept): part.checksum or ""})


def etag_of(part: Part) -> str:
    """Return the entity tag of a part, quotes included."""
    return f'"{part.md5}"'
