"""The bytes that a request adds to an upload, as its headers describe them."""

from domain.uploads.append_to_upload import Addition
from service.http.request import FileportRequest
from service.http.tus.headers import late_length, offset_of, require_bytes
from service.http.tus.upload_checksum import checks_of


def first_addition_of(request: FileportRequest) -> Addition:
    """Return the bytes that come with the beginning of an upload. Raises 415, and the errors of `checks_of`."""
    require_bytes(request)
    return Addition(offset=0, size=request.content_length, checksum=checks_of(request))


def addition_of(request: FileportRequest) -> Addition:
    """Return the bytes that are added to an upload. Raises 415, `InvalidUploadError`, and the errors of `checks_of`."""
    require_bytes(request)
    return Addition(
        offset=offset_of(request),
        size=request.content_length,
        length=late_length(request),
        checksum=checks_of(request),
    )
