"""A blob that is staged for long: for as long as clients may add to it, over many requests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import anyio

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import new_blob_key
from domain.blobs.ports import BlobRecords
from domain.errors import CatalogUnavailableError, OutcomeUnknownError, UnavailableError

RELEASE_SECONDS = 5


@asynccontextmanager
async def leased_blob(blob_records: BlobRecords, *, lease: float) -> AsyncIterator[str]:
    """Reserve a key for `lease` seconds, and give it up where what follows ends in an error.

    No client can write there yet; but a request to the store may still be on its way, after an error of the store.
    """
    key = new_blob_key()
    try:
        await blob_records.reserve_blobs([key], lease=lease)
    except OutcomeUnknownError as error:
        # Nobody has the key, and its lease ends: for certain, the caller has nothing.
        raise CatalogUnavailableError(error.detail) from error
    try:
        yield key
    except OutcomeUnknownError:
        raise  # it may be in use; if it is not, its lease ends
    except BaseException as error:
        is_untouched = not isinstance(error, BlobStoreUnavailableError) and isinstance(error, Exception)
        with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
            await blob_records.release_blobs([key], at_once=is_untouched)
        raise
