"""Where the upload of a request is, and which of its parts is meant."""

from uuid import UUID

from domain.multipart.errors import no_such_multipart_upload
from domain.multipart.model import MultipartAddress, MultipartUpload
from service.s3.names import location_of
from service.s3.request import S3Request


def upload_of(request: S3Request) -> MultipartAddress:
    """Return the address of the upload. Raises `NoSuchMultipartUploadError`, and all that `location_of` does."""
    at = location_of(request.bucket, request.key)
    try:
        id_ = UUID(hex=request.query.get("uploadId") or "")
    except ValueError:
        raise no_such_multipart_upload() from None
    return MultipartAddress(at.bucket, at.name, id_)


def upload_id(upload: MultipartUpload) -> str:
    """Return the id that clients name the upload by."""
    return upload.id.hex


def part_number_of(request: S3Request) -> int:
    """Return the number of the part, whichever it is; 0 where there is none. Raises `S3Error`."""
    return request.query.integer("partNumber", 0)
