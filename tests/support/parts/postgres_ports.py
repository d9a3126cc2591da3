"""The catalog's ports on Postgres."""

from adapters.postgres.archives import PostgresArchives
from adapters.postgres.audit.audit import PostgresAudit
from adapters.postgres.batches import PostgresBatches
from adapters.postgres.blobs import GracePeriod, PostgresBlobRecords
from adapters.postgres.buckets import PostgresBuckets
from adapters.postgres.database.connections import Connections
from adapters.postgres.database.transactions import SEARCH_SECONDS, Database
from adapters.postgres.direct_uploads import PostgresDirectUploads
from adapters.postgres.files.files import PostgresFiles
from adapters.postgres.files.search.listing import PostgresFileSearch
from adapters.postgres.idempotency import PostgresIdempotencyKeys
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.keys.keys import PostgresKeys
from adapters.postgres.keys.records import PostgresKeyRecords
from adapters.postgres.links import PostgresLinks
from adapters.postgres.maintenance import PostgresCatalogHealth, PostgresCatalogIntegrity
from adapters.postgres.multipart.uploads import PostgresMultipartUploads
from adapters.postgres.quotas.reservations import PostgresQuotas
from adapters.postgres.upload_locks import PostgresUploadLocks
from adapters.postgres.uploads import PostgresUploads


class PostgresPorts:
    """An adapter for each port, all on the same connections. Times are in seconds."""

    def __init__(self, connections: Connections, *, grace: float = 0, search_seconds: float = SEARCH_SECONDS) -> None:
        database, grace_period = Database(connections, search_seconds=search_seconds), GracePeriod(grace)
        self.connections = connections
        self.archives = PostgresArchives(database)
        self.audit = PostgresAudit(database)
        self.batches = PostgresBatches(database, grace=grace_period)
        self.blob_records = PostgresBlobRecords(database, grace=grace_period)
        self.buckets = PostgresBuckets(database, grace=grace_period)
        self.direct_uploads = PostgresDirectUploads(database, grace=grace_period)
        self.files = PostgresFiles(database, grace=grace_period)
        self.health = PostgresCatalogHealth(database)
        self.idempotency_keys = PostgresIdempotencyKeys(database)
        self.integrity = PostgresCatalogIntegrity(database, grace=grace_period)
        self.jobs = PostgresJobs(database, grace=grace_period)
        self.links = PostgresLinks(database)
        self.key_records = PostgresKeyRecords(database)
        self.keys = PostgresKeys(database)
        self.multipart_uploads = PostgresMultipartUploads(database, grace=grace_period)
        self.quotas = PostgresQuotas(database)
        self.search = PostgresFileSearch(database)
        self.upload_locks = PostgresUploadLocks(database)
        self.uploads = PostgresUploads(database, grace=grace_period)
