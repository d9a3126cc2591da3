"""The pool of connections: bounded in number, and bounded in how long a caller waits for one.

The driver has a pool of its own, which costs a read more than the read itself: a proxy, a task and two timers for each
use. Here a connection that is idle is taken and given back without any of them (docs/performance.md).
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import cast

import anyio

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.credentials import RotatingCredentials
from adapters.postgres.database.errors import DRIVER_ERRORS, domain_errors
from adapters.postgres.database.sessions import COMMAND_SECONDS, CONNECT_SECONDS, OpenSession, opens_sessions
from domain.errors import CatalogBusyError, CatalogUnavailableError, FileportError

DEFAULT_SIZE = 10
ACQUIRE_SECONDS = 5.0
CLOSE_SECONDS = 10.0
# A session that is idle for so long is closed; and one that was used so often is replaced, for the server keeps more
# and more about a session.
IDLE_SECONDS = 300.0
MAX_USES = 50_000


class _Slot:
    """A slot for one connection: the pool has as many as it may have connections."""

    __slots__ = ("connection", "idle_since", "uses")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.uses = 0
        self.idle_since = 0.0

    @property
    def is_open(self) -> bool:
        """Whether there is a connection in it."""
        return self.connection is not None and not self.connection.is_closed()

    @property
    def is_settled(self) -> bool:
        """Whether no transaction is open in it."""
        return not self.is_open or not cast(Connection, self.connection).is_in_transaction()

    def empty(self) -> Connection | None:
        """Take the connection out and return it, unless it is closed already."""
        connection, self.connection, self.uses = self.connection, None, 0
        if connection is None or not connection.is_closed():
            return connection
        connection.terminate()  # the driver may not have cleaned up after a connection that broke
        return None


class _Loan:
    """One use of a connection, from `Pool.connection`."""

    __slots__ = ("_pool", "_slot")

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def __aenter__(self) -> Connection:
        self._slot = self._pool.take_idle() or await self._pool.wait_for_slot()
        return cast(Connection, self._slot.connection)

    async def __aexit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        # An error of the domain is a result like others: the statements before it have ended.
        if (error is None or isinstance(error, FileportError)) and self._slot.is_settled:
            self._pool.give_back(self._slot)
        else:
            await self._pool.settle(self._slot)


class Pool:
    """Keeps up to `size` connections, lends each to one task at a time, and keeps `Connections`.

    The one that came back last goes out first, so that in quiet hours the others are closed. Tasks that find none idle
    and none to be opened stand in line.
    """

    def __init__(self, open_session: OpenSession, *, size: int, acquire_timeout: float) -> None:
        self._open_session = open_session
        self._acquire_timeout = acquire_timeout
        self._slots = [_Slot() for _ in range(size)]
        # A stack: open connections lie above empty slots.
        self._free = list(self._slots)
        self._line: deque[asyncio.Future[_Slot]] = deque()
        self._is_closing = False
        self._all_free = asyncio.Event()
        self._work: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._sweep = self._loop.call_later(IDLE_SECONDS / 2, self._close_idle)

    def connection(self) -> _Loan:
        """Lend a connection, as `Connections` promises."""
        return _Loan(self)

    def take_idle(self) -> _Slot | None:
        """Take the slot of an open connection that nobody uses; None where there is none."""
        if self._is_closing or not self._free or not self._free[-1].is_open:
            return None
        return self._free.pop()

    async def wait_for_slot(self) -> _Slot:
        """Wait for a free slot, and open a connection in it. Raises as `Connections.connection`."""
        if self._is_closing:
            raise CatalogUnavailableError("The service is shutting down.")
        with domain_errors():
            try:
                async with asyncio.timeout(self._acquire_timeout):
                    return await self._open(self._free.pop() if self._free else await self._stand_in_line())
            except TimeoutError:
                if not all(slot.is_open for slot in self._slots):
                    raise
                raise CatalogBusyError("Every connection to the catalog is in use.") from None

    def give_back(self, slot: _Slot) -> None:
        """Make the slot free, whose connection is closed, or ready for the next statement."""
        slot.uses += 1
        if not slot.is_open or slot.uses >= MAX_USES:
            self._empty(slot)
        while self._line:
            waiting = self._line.popleft()
            if not waiting.done():
                waiting.set_result(slot)
                return
        if slot.connection is None:
            self._free.insert(0, slot)
        else:
            slot.idle_since = self._loop.time()
            self._free.append(slot)
        if self._is_closing and len(self._free) == len(self._slots):
            self._all_free.set()

    async def settle(self, slot: _Slot) -> None:
        """Make the slot free once the server has ended what its connection was used for.

        That goes on where the caller is cancelled.
        """
        await asyncio.shield(self._start(self._settle(slot)))

    async def close(self) -> None:
        """Lend no more connections, wait until all are free, and close them. Where that is cancelled, end them."""
        self._is_closing = True
        self._sweep.cancel()
        try:
            if len(self._free) < len(self._slots):
                await self._all_free.wait()
            for slot in self._slots:
                self._empty(slot)
            while self._work:
                await asyncio.wait(self._work)
        finally:
            for slot in self._slots:
                if slot.connection is not None:
                    slot.connection.terminate()
            for task in self._work:
                task.cancel()

    async def _stand_in_line(self) -> _Slot:
        waiting: asyncio.Future[_Slot] = self._loop.create_future()
        self._line.append(waiting)
        try:
            return await waiting
        except asyncio.CancelledError:
            if waiting.done() and not waiting.cancelled():
                self.give_back(waiting.result())
            raise

    async def _open(self, slot: _Slot) -> _Slot:
        if slot.is_open:
            return slot
        try:
            slot.empty()
            slot.connection = await self._open_session()
        except BaseException:
            self.give_back(slot)
            raise
        return slot

    async def _settle(self, slot: _Slot) -> None:
        connection = cast(Connection, slot.connection)
        try:
            if not connection.is_closed():
                async with asyncio.timeout(self._acquire_timeout):
                    # The driver begins no statement before it has cancelled the one that was given up.
                    await connection.execute("SELECT")
                    if connection.is_in_transaction():
                        await connection.close()
        except DRIVER_ERRORS:
            connection.terminate()
        finally:
            self.give_back(slot)

    def _close_idle(self) -> None:
        self._sweep = self._loop.call_later(IDLE_SECONDS / 2, self._close_idle)
        idle = [slot for slot in self._free if slot.is_open and slot.idle_since <= self._loop.time() - IDLE_SECONDS]
        for slot in idle:
            self._empty(slot)
            self._free.remove(slot)
            self._free.insert(0, slot)

    def _empty(self, slot: _Slot) -> None:
        if (connection := slot.empty()) is not None:
            self._start(_close(connection))

    def _start(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        return task


@asynccontextmanager
async def create_pool(
    dsn: str,
    *,
    credentials: RotatingCredentials | None = None,
    size: int = DEFAULT_SIZE,
    acquire_timeout: float = ACQUIRE_SECONDS,
    connect_timeout: float = CONNECT_SECONDS,
    command_timeout: float = COMMAND_SECONDS,
    statement_cache_size: int | None = None,
) -> AsyncIterator[Pool]:
    """Open a pool of up to `size` connections, and close it at the end. Timeouts are in seconds.

    One connection is made at once, so that a wrong DSN shows here, as `CatalogUnavailableError`. `credentials`
    replace the DSN's user and password. A `statement_cache_size` of 0 is for poolers that share a connection between
    transactions; these also refuse our time limits, so that the database's role has to set them, and
    `synchronous_commit`, itself.
    """
    open_session = opens_sessions(
        dsn,
        credentials=credentials,
        connect_timeout=connect_timeout,
        command_timeout=command_timeout,
        statement_cache_size=statement_cache_size,
    )
    pool = Pool(open_session, size=size, acquire_timeout=acquire_timeout)
    try:
        async with pool.connection():
            pass
        yield pool
    finally:
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            await pool.close()


async def _close(connection: Connection) -> None:
    with suppress(*DRIVER_ERRORS):
        await connection.close(timeout=CLOSE_SECONDS)
