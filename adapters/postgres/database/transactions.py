"""Statements and transactions: how the catalog's SQL is run."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, TypeVarTuple

import anyio
import asyncpg
import stamina

from adapters.postgres.database.connections import Connection, Connections
from adapters.postgres.database.errors import domain_errors
from domain.errors import CatalogBusyError, FileportError, QueryTooExpensiveError, UnavailableError

ATTEMPTS = 8
ROLLBACK_SECONDS = 5.0
SEARCH_SECONDS = 5.0
# Nearly every search is done after some milliseconds. Those that are not wait in a line of their own for one of a few
# places, a share of the pool's connections: however many of them there are, the others are left for all else.
QUICK_SECONDS = 1.0
SHARE_OF_SLOW_SEARCHES = 4
SLOW_SEARCHES = 2
CANCEL_SECONDS = 5.0

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
    """Runs SQL on borrowed connections, and raises the domain's errors.

    A search takes at most `quick_seconds`, or, as one of `slow_searches` at the same time, `search_seconds`.
    """

    def __init__(
        self,
        connections: Connections,
        *,
        search_seconds: float = SEARCH_SECONDS,
        quick_seconds: float = QUICK_SECONDS,
        slow_searches: int = SLOW_SEARCHES,
        cancel_seconds: float = CANCEL_SECONDS,
    ) -> None:
        self._connections = connections
        self._search_seconds = search_seconds
        self._quick_seconds = min(quick_seconds, search_seconds)
        self._cancel_seconds = cancel_seconds
        self._slow_searches = anyio.Semaphore(slow_searches)

    async def read(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Run one statement that changes nothing, and return its rows."""
        async with self._connections.connection() as connection:
            with domain_errors(connection):
                return await connection.fetch(sql, *values)

    async def search(
        self, sql: str, values: Sequence[object], *, otherwise: tuple[str, Sequence[object]] | None = None
    ) -> list[asyncpg.Record]:
        """Run one statement that changes nothing and may have to read much, and return its rows.

        One that is not quick is ended. Then it is run again, in the form `otherwise` where there is one, with more time
        and few others beside it. Raises `QueryTooExpensiveError` where that is not enough.
        """
        with suppress(QueryTooExpensiveError):
            return await self._read_within(self._quick_seconds, sql, values)
        async with self._slow_search():
            return await self._read_within(self._search_seconds, *(otherwise or (sql, values)))

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

    async def _read_within(self, seconds: float, sql: str, values: Sequence[object]) -> list[asyncpg.Record]:
        async with self._connections.connection() as connection:
            with domain_errors(connection):
                try:
                    return await connection.fetch(sql, *values, timeout=seconds)
                except TimeoutError:
                    # Waits until the statement is cancelled. A server that does not do that is cut off.
                    with suppress(asyncpg.InFailedSQLTransactionError):
                        await connection.execute("SELECT", timeout=self._cancel_seconds)
                except asyncpg.QueryCanceledError:
                    pass  # by a time limit of the server's own, which is shorter
        raise QueryTooExpensiveError(QueryTooExpensiveError.example)

    @asynccontextmanager
    async def _slow_search(self) -> AsyncIterator[None]:
        try:
            with anyio.fail_after(self._search_seconds):
                await self._slow_searches.acquire()
        except TimeoutError:
            raise QueryTooExpensiveError(QueryTooExpensiveError.example) from None
        try:
            yield
        finally:
            self._slow_searches.release()

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
                    if not connection.is_closed():
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
        if not connection.is_closed():
            await transaction.rollback()


async def _retried(call: Callable[[*Arguments], Awaitable[T]], *arguments: *Arguments) -> T:
    try:
        return await call(*arguments)
    except _RETRIED as error:
        failures: list[Exception] = [error]  # rarely: without one, stamina would cost as much as a statement

    async def again() -> T:
        if failures:
            raise failures.pop()  # counts the first attempt among the others
        return await call(*arguments)

    try:
        return await _RETRIES(again)
    except _RETRIED as error:
        raise CatalogBusyError("Too many changes of the same thing at once.") from error
