"""The bundled PostgreSQL, for running Fileport with nothing else installed."""

from adapters.embedded.errors import DataDirectoryError, EmbeddedPostgresError
from adapters.embedded.server import EmbeddedPostgres

__all__ = ["DataDirectoryError", "EmbeddedPostgres", "EmbeddedPostgresError"]
