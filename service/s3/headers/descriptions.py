"""What a request says of an object to store: content headers, user metadata, labels."""

import re

from domain.files.attributes import ContentHeaders
from domain.files.metadata import JsonObject
from service.s3.errors import S3Error
from service.s3.fields import Fields
from service.s3.headers.user_metadata import PREFIX, parse_user_metadata

# They come and go as Latin-1.
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def content_headers_of(request: Fields) -> ContentHeaders:
    """Return the content headers of a request, without `aws-chunked`, which is of its framing. Raises `S3Error`."""
    return ContentHeaders(
        cache_control=_value(request, "cache-control"),
        content_disposition=_value(request, "content-disposition"),
        content_encoding=content_encoding(request.field("content-encoding")),
        content_language=_value(request, "content-language"),
        expires=_value(request, "expires"),
    )


def content_encoding(value: str) -> str | None:
    """Return the codings of the content itself, None where there are none."""
    codings = [each.strip() for each in value.split(",")]
    return ", ".join(each for each in codings if each and each.lower() != "aws-chunked") or None


def user_metadata_of(request: Fields) -> JsonObject:
    """Return the user metadata of a request. Raises `S3Error`."""
    return parse_user_metadata(request.fields(PREFIX))


def is_field_value(value: str) -> bool:
    """Return whether a header can have the value."""
    return _FIELD_VALUE.fullmatch(value) is not None


def _value(request: Fields, name: str) -> str | None:
    value = request.field(name)
    if not is_field_value(value):
        raise S3Error("InvalidArgument", f"The value of {name} has a control character.")
    return value or None
