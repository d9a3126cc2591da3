"""PutObject."""

from litestar.types import ASGIApp

from domain.files.attributes import Attributes
from domain.files.content.store_object import StoreObject
from domain.files.model import File, NewFile
from domain.values.checksums import Checksums
from domain.values.digests import Digest
from domain.values.errors import DigestMismatchError
from domain.values.media_types import content_type_of
from service.runtime.concurrency import Capacity
from service.s3.bodies.payload import payload_mismatch
from service.s3.errors import S3Error
from service.s3.headers.checksums import begin_sums, checksum_fields
from service.s3.headers.conditions import write_conditions
from service.s3.headers.descriptions import content_headers_of, user_metadata_of
from service.s3.headers.labels import labels_in_header
from service.s3.headers.unsupported import refuse_unsupported
from service.s3.names import location_of
from service.s3.request import S3Request
from service.s3.responses import empty_response

# Of AWS: more comes in parts.
MAX_BYTES = 5 * 1024**3

# The SHA-256 that all files have is compared with the one that the request is signed by.
_SIGNED_BY = "sha-256"


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
            try:
                stored = await self._store(request.caller, new, request.unhashed_stream(), sums)
            except DigestMismatchError as error:
                if error.algorithm == _SIGNED_BY:
                    raise payload_mismatch() from error
                raise
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
        digests=() if request.signed_sha256 is None else (Digest(_SIGNED_BY, request.signed_sha256),),
        precondition=write_conditions(request.field),
    )
