"""Statements and transactions: how the catalog's SQL is run."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, TypeVarTuple

import anyio
import asyncpg
import stamina

from adapters.postgres.database.connections import Connection, Connections, is_closed
from adapters.postgres.database.errors import domain_errors
from domain.errors import CatalogBusyError, FileportError, UnavailableError

ATTEMPTS = 8
ROLLBACK_SECONDS = 5.0

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")


class TryAgainError(Exception):
    """The transaction met a change after which it cannot go on; it is run again from its beginning."""


# A cached statement is out of date after a migration; inside a transaction the driver cannot renew it.
_RETRIED = (
    TryAgainError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
# Pauses of 10, 20, 40 ms and so on, and up to 50 ms more at random, so that two transactions that collided do not
# collide again.
_RETRIES = stamina.AsyncRetryingCaller(
    attempts=ATTEMPTS, timeout=None, wait_initial=0.01, wait_max=1, wait_jitter=0.05
).on(_RETRIED)


class Database:
    """Runs SQL on borrowed connections, and raises the domain's errors."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def read(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Run one statement that changes nothing, and return its rows."""
        async with self._connections.connection() as connection:
            with domain_errors(connection):
                return await connection.fetch(sql, *values)

    async def change(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Run one statement, which is a transaction by itself, and return its rows.

        Raises `OutcomeUnknownError` where the connection is lost meanwhile.
        """
        return await _retried(self._change, sql, *values)

    async def transact(self, work: Callable[[Connection, *Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
        """Run `work` in a transaction and commit it. `work` may run several times, each from the beginning.

        An error or a cancellation before the commit leaves nothing behind. Raises the errors of `work`,
        `CatalogBusyError` where it lost against others every time, and `OutcomeUnknownError`.
        """
        return await _retried(self._transact, work, *arguments)

    async def _change(self, sql: str, *values: object) -> list[asyncpg.Record]:
        async with self._connections.connection() as connection:
            with domain_errors(connection, committing=True):
                return await connection.fetch(sql, *values)

    async def _transact(self, work: Callable[[Connection, *Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
        async with self._connections.connection() as connection:
            with domain_errors(connection):
                transaction = connection.transaction()
                try:
                    await transaction.start()
                except BaseException:
                    # The transaction may have begun, and nothing else would end it.
                    if not is_closed(connection):
                        connection.terminate()
                    raise
                try:
                    result = await work(connection, *arguments)
                except BaseException:
                    await _roll_back(connection, transaction)
                    raise
            with domain_errors(connection, committing=True):
                await transaction.commit()
            return result


async def attempt(
    connection: Connection, work: Callable[[Connection, *Arguments], Awaitable[T]], *arguments: *Arguments
) -> T | FileportError:
    """Run `work` as a part of a transaction. Return its result, or its refusal, whose changes are undone.

    An `UnavailableError`, and an error that has the transaction run again, is raised.
    """
    savepoint = connection.transaction()
    await savepoint.start()
    try:
        with domain_errors(connection):
            result = await work(connection, *arguments)
    except UnavailableError:
        raise
    except FileportError as refusal:
        await savepoint.rollback()
        return refusal
    await savepoint.commit()
    return result


async def _roll_back(connection: Connection, transaction: Any) -> None:
    with anyio.move_on_after(ROLLBACK_SECONDS, shield=True):
        if not is_closed(connection):
            await transaction.rollback()


async def _retried(call: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
    try:
        return await _RETRIES(call, *arguments)
    except _RETRIED as error:
        raise CatalogBusyError("Too many changes of the same thing at once.") from error
