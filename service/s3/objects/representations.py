"""The header fields that an object is served with."""

from msgspec.structs import replace

from domain.blobs.model import BlobPart
from domain.buckets.model import Policy
from domain.files.attributes import NO_ATTRIBUTES, Checksum
from domain.files.content.read_file import FileContent
from domain.files.model import File
from domain.values.preconditions import last_modified
from service.http.headers.cache_control import private_form
from service.http.headers.dates import past_http_date
from service.http.headers.guards import GUARDS, PRIVATE
from service.s3.errors import S3Error
from service.s3.headers.checksums import checksum_fields
from service.s3.headers.descriptions import is_field_value
from service.s3.headers.user_metadata import user_metadata_fields
from service.s3.request import S3Request

# Of a request that is signed, parameters that replace header fields of the response (API Reference, "GetObject").
_OVERRIDES = {
    "response-cache-control": "Cache-Control",
    "response-content-disposition": "Content-Disposition",
    "response-content-encoding": "Content-Encoding",
    "response-content-language": "Content-Language",
    "response-content-type": "Content-Type",
    "response-expires": "Expires",
}


def object_fields(request: S3Request, content: FileContent) -> dict[str, str]:
    """Return the fields of an object, but for those that tell the number of bytes. Raises `S3Error`."""
    file = content.file
    attributes = file.attributes or NO_ATTRIBUTES
    headers = attributes.headers
    fields = {"Content-Type": file.content_type, "Accept-Ranges": "bytes", **_validators(content), **GUARDS}
    given = {
        "Content-Disposition": headers.content_disposition,
        "Content-Encoding": headers.content_encoding,
        "Content-Language": headers.content_language,
        "Expires": headers.expires,
    }
    fields |= {name: value for name, value in given.items() if value is not None}
    if attributes.labels:
        fields["x-amz-tagging-count"] = str(len(attributes.labels))
    if file.metadata:
        fields |= user_metadata_fields(file.metadata)
    return fields | _overrides(request)


def whole_fields(request: S3Request, file: File) -> dict[str, str]:
    """Return the fields to add where all bytes are sent: a checksum is of them all, so that no part has it."""
    return {"Content-Length": str(file.size), **checksum_fields(_wanted_checksum(request, file))}


def numbered_fields(request: S3Request, file: File, part: BlobPart) -> dict[str, str]:
    """Return the fields to add where one of the parts is sent that the bytes came in: its own checksum."""
    checksum = _wanted_checksum(request, file)
    return checksum_fields(replace(checksum, value=part.checksum) if checksum and part.checksum else None)


def unchanged_fields(content: FileContent) -> dict[str, str]:
    """Return the fields of 304 (RFC 9110, section 15.4.5)."""
    return _validators(content)


def last_modified_field(file: File) -> str:
    """Return the value of `Last-Modified`."""
    return past_http_date(last_modified(file))


def _wanted_checksum(request: S3Request, file: File) -> Checksum | None:
    if request.field("x-amz-checksum-mode").upper() != "ENABLED" or not file.attributes or not file.attributes.sums:
        return None
    return file.attributes.sums.checksum


def _validators(content: FileContent) -> dict[str, str]:
    file = content.file
    kept = (file.attributes or NO_ATTRIBUTES).headers.cache_control
    return {
        "ETag": file.content_etag,
        "Last-Modified": last_modified_field(file),
        "Cache-Control": _cache_control(kept, content.policy, is_public=content.is_public),
    }


def _cache_control(kept: str | None, policy: Policy, *, is_public: bool) -> str:
    """Return the object's own, else the bucket's, by which no shared cache keeps what needs a key."""
    if kept is not None:
        return kept
    if policy.cache_control is None:
        return "public, no-cache" if is_public else PRIVATE
    return policy.cache_control if is_public else private_form(policy.cache_control)


def _overrides(request: S3Request) -> dict[str, str]:
    overrides = {_OVERRIDES[name]: value for name, value in request.query.pairs if name in _OVERRIDES and value}
    if overrides and request.caller.kind == "nobody":
        raise S3Error("InvalidRequest", "Request specific response headers cannot be used for anonymous GET requests.")
    for name, value in overrides.items():
        if not is_field_value(value):
            raise S3Error("InvalidArgument", f"The value for {name} cannot stand in a header.")
    return overrides
