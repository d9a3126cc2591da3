"""The catalog: its parts put together."""

import asyncpg

from adapters.postgres.archives import PostgresArchives
from adapters.postgres.audit import PostgresAudit
from adapters.postgres.batches import PostgresBatches
from adapters.postgres.blobs import PostgresBlobs
from adapters.postgres.buckets import PostgresBuckets
from adapters.postgres.connections import Connections
from adapters.postgres.database import Database
from adapters.postgres.direct_uploads import PostgresDirectUploads
from adapters.postgres.files import PostgresFiles
from adapters.postgres.idempotency import PostgresIdempotencyKeys
from adapters.postgres.jobs import PostgresJobs
from adapters.postgres.listing import PostgresListings
from adapters.postgres.uploads import PostgresUploads
from domain.errors import CatalogUnavailableError


class PostgresCatalog(
    PostgresBuckets,
    PostgresFiles,
    PostgresListings,
    PostgresBatches,
    PostgresBlobs,
    PostgresAudit,
    PostgresJobs,
    PostgresArchives,
    PostgresIdempotencyKeys,
    PostgresDirectUploads,
    PostgresUploads,
):
    """Keeps the catalog in PostgreSQL. `grace`, in seconds, is how long a condemned blob's bytes stay readable.

    `checking` lends the connection for `check`, so that it need not wait in line with the work.
    """

    def __init__(self, connections: Connections, *, grace: float, checking: Connections | None = None) -> None:
        self._database = Database(connections)
        self._checking = self._database if checking is None else Database(checking)
        self._grace = grace

    async def check(self) -> None:
        try:
            await self._checking.read("SELECT FROM buckets LIMIT 1")
        except asyncpg.UndefinedTableError as error:
            raise CatalogUnavailableError("The catalog has no tables yet.") from error
