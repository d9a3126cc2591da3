"""File names out of request paths."""

import re
from typing import Any
from urllib.parse import unquote_to_bytes

from litestar import Request

from domain.files.errors import InvalidNameError
from domain.files.model import Location

# From the raw path: the router folds doubled slashes and drops a last one, but a name is taken as it was sent.
_FILE_PATH = re.compile(rb"/v1/buckets/[^/]+/files/(?P<name>.*)", re.DOTALL)


def location_of(request: Request[Any, Any, Any], bucket: str) -> Location:
    """Return the place that the request's path names. Raises `InvalidNameError` where it is not UTF-8."""
    match = _FILE_PATH.fullmatch(request.scope["raw_path"])
    if match is None:
        raise InvalidNameError("The path is not /v1/buckets/, a bucket, /files/ and a file name, written out.")
    try:
        return Location(bucket, unquote_to_bytes(match["name"]).decode())
    except UnicodeDecodeError:
        raise InvalidNameError("The file name is not percent-encoded UTF-8.") from None
