"""The reasons why the embedded PostgreSQL does not run, each in one line for the person who starts it."""

from domain.errors import FileportError


class EmbeddedPostgresError(FileportError):
    """The embedded PostgreSQL cannot be started here."""

    code = "embedded_postgres"


class DataDirectoryError(EmbeddedPostgresError):
    """The data directory cannot be used; another one, or other permissions, would help."""

    code = "data_directory"


class DirectoryInUseError(DataDirectoryError):
    """Another service uses the data directory."""

    code = "data_directory_in_use"
