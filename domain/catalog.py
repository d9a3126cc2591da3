"""The catalog as one port, until each port has an adapter of its own."""

from typing import Protocol

from domain.archives.ports import Archives
from domain.batches.ports import Batches
from domain.blobs.ports import BlobRecords
from domain.buckets.ports import Buckets
from domain.direct_uploads.ports import DirectUploads
from domain.files.ports import Files
from domain.files.search.ports import FileSearch
from domain.idempotency.ports import IdempotencyKeys
from domain.jobs.ports import Jobs
from domain.maintenance.ports import CatalogHealth, CatalogIntegrity
from domain.uploads.ports import UploadLocks, Uploads


class Catalog(
    Buckets,
    Files,
    FileSearch,
    Batches,
    BlobRecords,
    CatalogIntegrity,
    CatalogHealth,
    Jobs,
    Archives,
    IdempotencyKeys,
    DirectUploads,
    Uploads,
    UploadLocks,
    Protocol,
):
    """Keeps buckets, files, blobs, uploads, jobs and idempotency keys."""
