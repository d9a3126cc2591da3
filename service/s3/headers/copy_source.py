"""`x-amz-copy-source`: the object that a copy is made of."""

from urllib.parse import unquote_to_bytes

from domain.files.model import Location
from service.s3.errors import S3Error
from service.s3.names import location_of


def parse_copy_source(value: str) -> Location:
    """Return the source in the header: `bucket/key`, percent-encoded, with or without a slash before it.

    Its only version is `null`. What is cut off is cut before decoding, so that a key may hold `?versionId=`. Raises
    `S3Error`, and all that `location_of` does.
    """
    path, _, version = value.partition("?versionId=")
    if version not in {"", "null"}:
        raise _invalid("Invalid version id specified", value)
    try:
        bucket, slash, key = unquote_to_bytes(path.encode("latin-1")).decode().removeprefix("/").partition("/")
    except UnicodeError:
        raise _invalid("x-amz-copy-source is not percent-encoded UTF-8.", value) from None
    if not (bucket and slash and key):
        raise _invalid("x-amz-copy-source is of the form bucket/key.", value)
    return location_of(bucket, key)


def _invalid(message: str, value: str) -> S3Error:
    return S3Error("InvalidArgument", message, {"ArgumentName": "x-amz-copy-source", "ArgumentValue": value})
