"""The catalog in PostgreSQL, through asyncpg: an adapter for each port, on one `Database`."""

from adapters.postgres.database.credentials import RotatingCredentials
from adapters.postgres.database.pool import Pool, create_pool
from adapters.postgres.migrate import check_migrated, migrate

__all__ = ["Pool", "RotatingCredentials", "check_migrated", "create_pool", "migrate"]
