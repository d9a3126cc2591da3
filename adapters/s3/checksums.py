"""The checksum with which the store compares a body before it keeps it."""

import hashlib
from base64 import b64encode


def content_md5(body: bytes) -> str:
    """Return the value of `Content-MD5` (RFC 1864) for `body`; it finds damage, not forgery."""
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")
