"""The catalog as one port."""

from typing import Protocol

from domain.archives.ports import Archives
from domain.batches.ports import Batches
from domain.blobs.ports import Blobs
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.ports import Files
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.maintenance.ports import Audit
from domain.uploads.ports import Uploads


class Catalog(Buckets, Files, Batches, Blobs, Audit, Jobs, Archives, IdempotencyKeys, DirectUploads, Uploads, Protocol):
    """Keeps buckets, files, blobs, uploads, jobs and idempotency keys.

    Each call is one transaction, or none; it holds no resource after it returns.
    """

    async def check(self) -> None:
        """Return if the catalog answers, else raise `CatalogUnavailableError` or `CatalogBusyError`."""
        ...
