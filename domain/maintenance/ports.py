"""The ports of maintenance; `tests/contracts` checks their contracts."""

from collections.abc import Sequence
from typing import Protocol

from domain.blobs.model import BlobRecord, InlineRecord
from domain.maintenance.model import Miscount, OrphanedReservation


class CatalogIntegrity(Protocol):
    """Compares the catalog with the blob store and with itself, and repairs its counts, while others use it."""

    async def list_blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        """Return up to `limit` records of blobs whose keys come after `after`, in the order of `listing_order`.

        Inline ones are left out. Each page is of one moment.
        """
        ...

    async def list_inline_records(self, *, after: str | None, limit: int, hashed: bool) -> list[InlineRecord]:
        """Return up to `limit` records of inline blobs whose keys come after `after`, in the order of their keys.

        With `hashed`, the bytes are hashed where they are. Each page is of one moment.
        """
        ...

    async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        """Return the records of those of the blobs that the catalog knows, by key, all of one moment."""
        ...

    async def find_miscounted_usage(self) -> list[Miscount]:
        """Return the buckets, sorted by name, whose usage is not the sum of their files, all of one moment."""
        ...

    async def recount_usage(self) -> int:
        """Make the usage of every bucket the sum of its files, and return the number of buckets that were wrong."""
        ...

    async def find_orphaned_reservations(self, *, ended_for: float) -> list[OrphanedReservation]:
        """Return the reservations, see `Quotas`, of uploads that have ended, or expired `ended_for` seconds ago."""
        ...

    async def recount_files(self, keys: Sequence[str]) -> int:
        """Make the file count of each blob the number of its files, and return the number of blobs that were wrong.

        A blob without files is condemned, with the whole grace period; one that has files after all is live.
        """
        ...


class CatalogHealth(Protocol):
    """Tells whether the catalog works."""

    async def check(self) -> None:
        """Return if the catalog answers, else raise `CatalogUnavailableError` or `CatalogBusyError`."""
        ...
