"""The reaper of a catalog that is one object."""

from domain.blobs.ports import BlobStore
from domain.catalog import Catalog
from domain.maintenance.reap import CLAIM_SECONDS, JOB_SECONDS, Reap


def reaper(
    catalog: Catalog, blob_store: BlobStore, *, lease: float = CLAIM_SECONDS, job_retention: float = JOB_SECONDS
) -> Reap:
    """Return the reaper of a catalog that keeps every port."""
    return Reap(
        files=catalog,
        uploads=catalog,
        jobs=catalog,
        idempotency_keys=catalog,
        blob_records=catalog,
        blob_store=blob_store,
        lease=lease,
        job_retention=job_retention,
    )
