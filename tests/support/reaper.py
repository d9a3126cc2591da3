"""The reaper of a catalog."""

from domain.blobs.ports import BlobStore
from domain.maintenance.reap import Reap
from domain.values.limits import Limits
from tests.contracts.setup import CatalogPorts
from tests.support.limits import LIMITS


def reaper(catalog: CatalogPorts, blob_store: BlobStore, limits: Limits = LIMITS) -> Reap:
    """Return the reaper of a catalog and its blob store."""
    return Reap(
        files=catalog.files,
        uploads=catalog.uploads,
        multipart_uploads=catalog.multipart_uploads,
        quotas=catalog.quotas,
        jobs=catalog.jobs,
        links=catalog.links,
        idempotency_keys=catalog.idempotency_keys,
        blob_records=catalog.blob_records,
        blob_store=blob_store,
        limits=limits,
    )
