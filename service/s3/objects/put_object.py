"""PutObject."""

from litestar.types import ASGIApp

from domain.files.attributes import Attributes
from domain.files.content.store_object import StoreObject
from domain.files.model import File, NewFile
from domain.values.checksums import Checksums
from domain.values.media_types import content_type_of
from service.runtime.concurrency import Capacity
from service.s3.errors import S3Error
from service.s3.objects.checksums import begin_sums, checksum_fields
from service.s3.objects.conditions import write_conditions
from service.s3.objects.descriptions import content_headers_of, user_metadata_of
from service.s3.objects.labels import labels_in_header
from service.s3.objects.names import location_of
from service.s3.objects.unsupported import refuse_unsupported
from service.s3.request import S3Request
from service.s3.responses import empty_response

# Of AWS: more comes in parts.
MAX_BYTES = 5 * 1024**3


class PutObject:
    """Store an object from the body of one request."""

    def __init__(self, store: StoreObject, checksums: Checksums, capacity: Capacity) -> None:
        self._store = store
        self._checksums = checksums
        self._capacity = capacity

    async def __call__(self, request: S3Request) -> ASGIApp:
        refuse_unsupported(request)
        new = _described(request)
        sums = begin_sums(request, self._checksums)
        if "expect" in request.headers:
            # Before the client is told to send its body.
            await self._store.admit(request.caller, new)
        async with self._capacity.uploads.slot(request.caller):
            stored = await self._store(request.caller, new, request.stream(), sums)
        return empty_response(headers=stored_fields(stored.file))


def stored_fields(file: File) -> dict[str, str]:
    """Return the header fields that tell the writer of an object what was stored."""
    sums = file.attributes.sums if file.attributes else None
    return {"ETag": file.content_etag, **checksum_fields(sums.checksum if sums else None)}


def _described(request: S3Request) -> NewFile:
    at = location_of(request.bucket, request.key)
    size = request.content_length
    if size is not None and size > MAX_BYTES:
        raise S3Error(
            "EntityTooLarge",
            "Your proposed upload exceeds the maximum allowed size",
            {"ProposedSize": size, "MaxSizeAllowed": MAX_BYTES},
        )
    return NewFile(
        bucket=at.bucket,
        name=at.name,
        content_type=content_type_of(at.name, request.headers.get("content-type")),
        metadata=user_metadata_of(request),
        attributes=Attributes(
            headers=content_headers_of(request), labels=labels_in_header(request.field("x-amz-tagging"))
        ),
        size=size,
        precondition=write_conditions(request.field),
    )
