"""The catalog as one object, for tests that have not got the ports apart yet."""

from adapters.postgres.archives import PostgresArchives
from adapters.postgres.batches import PostgresBatches
from adapters.postgres.blobs import GracePeriod, PostgresBlobRecords
from adapters.postgres.buckets import PostgresBuckets
from adapters.postgres.database.connections import Connections
from adapters.postgres.database.transactions import Database
from adapters.postgres.direct_uploads import PostgresDirectUploads
from adapters.postgres.files.files import PostgresFiles
from adapters.postgres.files.search.listing import PostgresFileSearch
from adapters.postgres.idempotency import PostgresIdempotencyKeys
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.maintenance import PostgresCatalogHealth, PostgresCatalogIntegrity
from adapters.postgres.upload_locks import PostgresUploadLocks
from adapters.postgres.uploads import PostgresUploads


class PostgresCatalog(
    PostgresBuckets,
    PostgresFiles,
    PostgresFileSearch,
    PostgresBatches,
    PostgresBlobRecords,
    PostgresCatalogIntegrity,
    PostgresCatalogHealth,
    PostgresJobs,
    PostgresArchives,
    PostgresIdempotencyKeys,
    PostgresDirectUploads,
    PostgresUploads,
    PostgresUploadLocks,
):
    """Keeps every port. `grace` is in seconds."""

    def __init__(self, connections: Connections, *, grace: float) -> None:
        self._database = Database(connections)
        self._grace = GracePeriod(grace)
