"""Unfinished writes in the blob store: finding the orphaned ones, and aborting them."""

from collections.abc import Callable, Sequence

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.ports import BlobStore
from domain.blobs.streams import batches
from domain.maintenance.ports import CatalogIntegrity

BATCH = 500


async def find_orphaned_writes(
    integrity: CatalogIntegrity, blob_store: BlobStore, on_listed: Callable[[int], None] = lambda _: None
) -> list[str]:
    """Return the keys of unfinished writes that belong to no upload and no reaper.

    `on_listed` is called with the number of unfinished writes in each batch of the listing. No clock is needed: the
    store is listed before the catalog is asked, and once more after it. Raises `UnavailableError` of either store.
    """
    suspects: set[str] = set()
    async for keys in batches(blob_store.list_unfinished(), BATCH):
        on_listed(len(keys))
        suspects.update(await _without_owner(integrity, keys))
    if not suspects:
        return []
    # A write that ended between the two listings made a live blob, too; an orphaned one is still there.
    return [key async for key in blob_store.list_unfinished() if key in suspects]


async def try_to_abort(blob_store: BlobStore, key: str) -> bool:
    """Remove the remains of unfinished writes of `key`, and return whether the store did so.

    Raises `BlobStoreUnavailableError` where the store is down rather than refuses this key, so that going on with
    other keys is of no use.
    """
    try:
        await blob_store.abort(key)
    except BlobStoreUnavailableError:
        await blob_store.check()
        return False
    return True


async def _without_owner(integrity: CatalogIntegrity, keys: Sequence[str]) -> list[str]:
    # A row exists before the first byte, so a write without a row was forgotten since; a live blob's write is over. A
    # staged blob belongs to an upload, a condemned one to the reaper.
    records = await integrity.get_blob_records(keys)
    return [key for key in keys if key not in records or records[key].state == "live"]
