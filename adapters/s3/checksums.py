"""The checksums with which the store compares a body before it keeps it. They find damage, not forgery."""

import hashlib
from base64 import b64encode

MD5_HEADER = "content-md5"
CRC32_HEADER = "x-amz-checksum-crc32"


class Checksums:
    """Remembers whether the store compares CRC-32, which takes a fifth of the time of the MD5 that all stores know.

    One that does repeats it in its response (S3's API, PutObject). Until one does not, it is taken for granted.
    """

    def __init__(self) -> None:
        self.has_crc32 = True


def content_md5(body: bytes) -> str:
    """Return the value of `Content-MD5` (RFC 1864) for `body`."""
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")
