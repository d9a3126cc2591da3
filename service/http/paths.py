"""File names in request paths."""

import re
from urllib.parse import unquote_to_bytes

from domain.files.errors import InvalidNameError

# From the raw path: the router folds doubled slashes and drops a last one, but a name is taken as it was sent.
_FILE_PATH = re.compile(rb"/v1/buckets/[^/]+/files/(?P<name>.*)", re.DOTALL)


def file_name_in(raw_path: bytes) -> str:
    """Return the file name in a path. Raises `InvalidNameError` where it is not UTF-8."""
    match = _FILE_PATH.fullmatch(raw_path)
    if match is None:
        raise InvalidNameError("The path is not /v1/buckets/, a bucket, /files/ and a file name, written out.")
    try:
        return unquote_to_bytes(match["name"]).decode()
    except UnicodeDecodeError:
        raise InvalidNameError("The file name is not percent-encoded UTF-8.") from None
