"""Where connections come from."""

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

import asyncpg

# Only the driver's stubs are generic, not its classes.
if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection


class Connections(Protocol):
    """Lends connections."""

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection to one task until the context ends, which never fails.

        Entering raises `CatalogBusyError` where none is free in time, `CatalogUnavailableError` where none can
        be made. A transaction that the borrower left open is rolled back.
        """
        ...
