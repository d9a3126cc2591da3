"""Refuse a blob store that cannot be the catalog's, before anything is written to it."""

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.ports import BlobStore
from domain.maintenance.errors import WrongBlobStoreError
from domain.maintenance.ports import CatalogIntegrity

SAMPLE = 1000


class CheckStore:
    """Check that the store has any blob where the catalog has live ones: its disk may not be mounted.

    Blobs that were stored meanwhile would be hidden once it is.
    """

    def __init__(self, integrity: CatalogIntegrity, blob_store: BlobStore) -> None:
        self._integrity = integrity
        self._blob_store = blob_store

    async def __call__(self) -> None:
        """Return if the store may be the right one. Raises `WrongBlobStoreError`, and all that the catalog raises."""
        records = await self._integrity.list_blob_records(after=None, limit=SAMPLE)
        if any(record.state == "live" for record in records) and not await self._has_blobs():
            raise WrongBlobStoreError(
                "The blob store is empty, and the catalog has live blobs: is it the right one, and mounted?"
            )

    async def _has_blobs(self) -> bool:
        try:
            async for _ in self._blob_store.list_stored():
                return True
        except BlobStoreUnavailableError:
            return False
        return False
