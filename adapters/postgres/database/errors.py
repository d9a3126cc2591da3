"""Translate the driver's errors to the domain's. An error that is not named here is a bug, and propagates."""

from types import TracebackType

import asyncpg

from adapters.postgres.database.connections import Connection
from domain.buckets.errors import NoSuchBucketError
from domain.errors import (
    CatalogBusyError,
    CatalogUnavailableError,
    FileportError,
    InvalidInputError,
    OutcomeUnknownError,
)
from domain.files.errors import NameTakenError

# All that the driver raises. TimeoutError is an OSError.
DRIVER_ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
# The connection is gone, and how far the server got is unknown. InternalClientError is raised for a
# statement that crosses with the server's end of the session.
_LOST = (
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.StatementCompletionUnknownError,
    OSError,
)
# The server said no, to this statement or to the connection; nothing happened.
_REFUSED = (
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)
_UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_BY_KIND: dict[type[Exception], tuple[type[FileportError], str]] = {
    asyncpg.ClientConfigurationError: (CatalogUnavailableError, "The database's URL is not understood."),
    asyncpg.LockNotAvailableError: (CatalogBusyError, "Another change of the same thing takes too long."),
}
_BY_CONSTRAINT: dict[str | None, tuple[type[FileportError], str]] = {
    "files_bucket_fkey": (NoSuchBucketError, "There is no such bucket."),
    "links_bucket_fkey": (NoSuchBucketError, "There is no such bucket."),
    "files_bucket_name_key": (NameTakenError, "Another file in the bucket has that name."),
}


class domain_errors:  # noqa: N801 - it is read as a function; a generator would cost each statement a microsecond
    """A context that raises the domain's error in place of the driver's, and ends a connection that is lost.

    `committing` says that a commit is on its way, so that a lost connection leaves the outcome unknown.
    """

    __slots__ = ("_committing", "_connection")

    def __init__(self, connection: Connection | None = None, *, committing: bool = False) -> None:
        self._connection = connection
        self._committing = committing

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> None:
        if not isinstance(error, DRIVER_ERRORS):
            return
        is_lost = _is_lost(error, self._connection)
        if is_lost and self._connection is not None and not self._connection.is_closed():
            self._connection.terminate()
        translated = _translate(error, is_lost=is_lost, committing=self._committing)
        if translated is not None:
            raise translated from error


def _translate(error: Exception, *, is_lost: bool, committing: bool) -> FileportError | None:  # noqa: PLR0911 - a table
    match error:
        case _ if is_lost and committing:
            return OutcomeUnknownError("The catalog went away while a change was being committed.")
        case _ if is_lost or isinstance(error, _REFUSED):
            return CatalogUnavailableError("The catalog does not answer.")
        case _ if type(error) in _BY_KIND:
            kind, detail = _BY_KIND[type(error)]
            return kind(detail)
        case asyncpg.CheckViolationError(constraint_name=None, table_name="audit"):
            return CatalogUnavailableError("The audit has no partition for this month: run fileport migrate.")
        case asyncpg.IntegrityConstraintViolationError(constraint_name=name) if name in _BY_CONSTRAINT:
            kind, detail = _BY_CONSTRAINT[name]
            return kind(detail)
        case _ if isinstance(error, _UNSTORABLE) or isinstance(error.__cause__, UnicodeEncodeError):
            return InvalidInputError("A text holds a character that cannot be stored.")
    return None


def _is_lost(error: Exception, connection: Connection | None) -> bool:
    # Of a closed connection the driver says InterfaceError, as it does of wrong use.
    is_useless = connection is not None and connection.is_closed()
    return isinstance(error, _LOST) or (isinstance(error, asyncpg.InterfaceError) and is_useless)
