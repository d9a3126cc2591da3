"""The bucket and the key that a request is for, from its path as it was sent."""

from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from litestar.types import HTTPScope

from service.s3.errors import S3Error

# Where the protocol stands beside the API.
MOUNT = b"/s3"


class Address(NamedTuple):
    """A bucket and a key in it; both empty for the service, and the key for a bucket."""

    bucket: str = ""
    key: str = ""

    @property
    def resource(self) -> str:
        """The address as an error names it."""
        return f"/{self.bucket}/{self.key}" if self.key else f"/{self.bucket}"


def is_s3(scope: HTTPScope) -> bool:
    """Return whether a request is for the S3 protocol."""
    raw = scope["raw_path"]
    return raw.startswith(MOUNT) and raw[len(MOUNT) : len(MOUNT) + 1] in {b"", b"/"}


def parse_address(raw_path: bytes) -> Address:
    """Return the address in a path below `MOUNT`, path-style. Raises `S3Error`, `InvalidURI`.

    The key is all that follows the bucket's slash, percent-decoded once and as it is: it is a name, not a path, so
    that empty segments, `.` and `..` are a part of it.
    """
    bucket, slash, key = raw_path[len(MOUNT) :].removeprefix(b"/").partition(b"/")
    del slash  # of a bucket with or without it
    return Address(_decode(bucket), _decode(key))


def _decode(raw: bytes) -> str:
    try:
        return unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        raise S3Error("InvalidURI", "The path is not percent-encoded UTF-8.") from None
