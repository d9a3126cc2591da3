"""Unfinished writes that nobody owns."""

from collections.abc import Callable, Sequence

from domain.blobs.ports import BlobStore
from domain.blobs.streams import batches
from domain.maintenance.ports import Audit

BATCH = 500


async def find_orphaned_writes(
    catalog: Audit, blobs: BlobStore, count: Callable[[int], None] = lambda _: None
) -> list[str]:
    """Return the keys of unfinished writes that are nobody's. `count` is told how many unfinished ones were listed.

    No clock is needed: the store is listed before the catalog is asked, and once more after it. Raises
    `UnavailableError` of either store.
    """
    suspects: set[str] = set()
    async for keys in batches(blobs.list_unfinished(), BATCH):
        count(len(keys))
        suspects.update(await _unowned(catalog, keys))
    if not suspects:
        return []
    # A write that ended between the two looks made a live blob, too; a stray one is still there.
    return [key async for key in blobs.list_unfinished() if key in suspects]


async def _unowned(catalog: Audit, keys: Sequence[str]) -> list[str]:
    # A row exists before the first byte, so one without a row was forgotten since; a live blob's write is over. What is
    # staged belongs to an upload, and what is condemned to the reaper.
    records = await catalog.get_blob_records(keys)
    return [key for key in keys if key not in records or records[key].state == "live"]
