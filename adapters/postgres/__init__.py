"""The catalog in PostgreSQL, through asyncpg."""

from adapters.postgres.catalog import PostgresCatalog
from adapters.postgres.credentials import RotatingCredentials
from adapters.postgres.migrate import check_migrated, migrate
from adapters.postgres.pool import Pool, create_pool

__all__ = ["Pool", "PostgresCatalog", "RotatingCredentials", "check_migrated", "create_pool", "migrate"]
