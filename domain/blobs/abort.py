"""Abort an unfinished write, and tell a store that is down from one that refuses."""

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.ports import BlobStore


async def try_to_abort(blobs: BlobStore, key: str) -> bool:
    """Remove what unfinished writes of `key` left, and return whether that went well.

    Raises `BlobStoreUnavailableError` where the store is down, so that there is no use in going on with others.
    """
    try:
        await blobs.abort(key)
    except BlobStoreUnavailableError:
        await blobs.check()
        return False
    return True
