"""failures."""

from domain.blobs.errors import BlobStoreUnavailableError
from domain.errors import CatalogUnavailableError

CATALOG_DOWN = CatalogUnavailableError("The catalog does not answer.")


BLOB_STORE_DOWN = BlobStoreUnavailableError("The blob store does not answer.")
