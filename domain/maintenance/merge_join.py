"""A merge join of the store's blobs with the catalog's records: both come in one order, so memory stays constant."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import BlobRecord, InlineRecord, StoredBlob, listing_order
from domain.maintenance.ports import CatalogIntegrity

PAGE = 1000


class JoinedBlob(NamedTuple):
    """A blob by the store's listing and the catalog's record, one of which may be None."""

    key: str
    stored: StoredBlob | None
    record: BlobRecord | None


async def all_records(integrity: CatalogIntegrity) -> AsyncIterator[BlobRecord]:
    """Yield the record of every blob that is not inline, in the order of `listing_order`."""
    after: str | None = None
    while page := await integrity.list_blob_records(after=after, limit=PAGE):
        for record in page:
            yield record
        after = page[-1].key


async def all_inline_records(integrity: CatalogIntegrity, *, hashed: bool) -> AsyncIterator[InlineRecord]:
    """Yield every inline blob's record, in the order of the keys."""
    after: str | None = None
    while page := await integrity.list_inline_records(after=after, limit=PAGE, hashed=hashed):
        for each in page:
            yield each
        after = page[-1].record.key


async def merge_join(
    stored: AsyncIterator[StoredBlob], records: AsyncIterator[BlobRecord]
) -> AsyncIterator[JoinedBlob]:
    """Yield every key of either stream, in the order of `listing_order`, which both of them keep.

    Raises `BlobStoreUnavailableError` where the store lists its blobs in another order: they cannot be compared then.
    """
    blob, record = await anext(stored, None), await anext(records, None)
    while blob is not None or record is not None:
        key = min((each.key for each in (blob, record) if each is not None), key=listing_order)
        listed = blob if blob is not None and blob.key == key else None
        known = record if record is not None and record.key == key else None
        yield JoinedBlob(key, listed, known)
        if listed is not None:
            blob = await anext(stored, None)
            if blob is not None and listing_order(blob.key) <= listing_order(key):
                raise BlobStoreUnavailableError("The blob store lists its blobs out of order.")
        if known is not None:
            record = await anext(records, None)
