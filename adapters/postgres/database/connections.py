"""Where connections come from."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from asyncpg import Connection as OwnConnection
from asyncpg import InterfaceError, Record
from asyncpg.pool import PoolConnectionProxy

# Only the driver's stubs are generic, not its classes.
if TYPE_CHECKING:
    Connection = OwnConnection[Record] | PoolConnectionProxy[Record]
else:
    Connection = OwnConnection | PoolConnectionProxy


def is_closed(connection: Connection) -> bool:
    """Return whether the connection is closed, or was taken back by its pool."""
    try:
        return connection.is_closed()
    except InterfaceError:
        return True  # a pool takes a connection away from its borrower when it breaks


class Connections(Protocol):
    """Lends connections."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection to one task until the context ends, which never fails.

        Entering raises `CatalogBusyError` where none is free in time, `CatalogUnavailableError` where none can
        be made. A transaction that the borrower left open is rolled back.
        """
        ...
