"""Abort orphaned writes, which a crash, or an answer that was lost or late, left in the store."""

import msgspec

from domain.blobs.ports import BlobStore
from domain.maintenance.ports import CatalogIntegrity
from domain.maintenance.unfinished_writes import find_orphaned_writes, try_to_abort


class SweepCounts(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of a sweep: orphaned writes `aborted`, or `refused` by the store, to be tried again next time."""

    aborted: int = 0
    refused: int = 0


class Sweep:
    """One sweep. Any number may run at once, in any number of replicas: keys are never used again."""

    def __init__(self, integrity: CatalogIntegrity, blob_store: BlobStore) -> None:
        self._integrity = integrity
        self._blob_store = blob_store

    async def __call__(self) -> SweepCounts:
        """Abort the orphaned writes. Raises `UnavailableError` of either store."""
        done = [
            await try_to_abort(self._blob_store, key)
            for key in await find_orphaned_writes(self._integrity, self._blob_store)
        ]
        return SweepCounts(aborted=done.count(True), refused=done.count(False))
