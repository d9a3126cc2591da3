"""The reaper of a catalog that is one object."""

from domain.blobs.ports import BlobStore
from domain.catalog import Catalog
from domain.maintenance.reap import Reap
from domain.values.limits import Limits
from tests.support.limits import LIMITS


def reaper(catalog: Catalog, blob_store: BlobStore, limits: Limits = LIMITS) -> Reap:
    """Return the reaper of a catalog that keeps every port."""
    return Reap(
        files=catalog,
        uploads=catalog,
        jobs=catalog,
        idempotency_keys=catalog,
        blob_records=catalog,
        blob_store=blob_store,
        limits=limits,
    )
