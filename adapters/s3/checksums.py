"""The checksum with which the store compares a body before it keeps it."""

import hashlib
from base64 import b64encode

from anyio.to_thread import run_sync

from adapters.s3.part import Part

# Below this, going to a thread takes longer than the hash does.
_INLINE_SIZE = 64 * 1024


def content_md5(body: bytes | memoryview) -> str:
    """Return the value of `Content-MD5` (RFC 1864) for `body`; it finds damage, not forgery."""
    return b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode("ascii")


async def part_md5(part: Part) -> str:
    """As `content_md5`, for a part, beside the event loop where that pays."""
    return _hash(part) if part.size <= _INLINE_SIZE else await run_sync(_hash, part)


def _hash(part: Part) -> str:
    with part.data.getbuffer() as view:
        return content_md5(view)
