"""The pool of connections: bounded in number, and bounded in how long a caller waits for one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import asyncpg
import msgspec

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.credentials import RotatingCredentials
from adapters.postgres.database.errors import domain_errors
from domain.errors import CatalogBusyError, CatalogUnavailableError

DEFAULT_SIZE = 10
ACQUIRE_SECONDS = 5.0
CONNECT_SECONDS = 4.0
# A client gives up a little after the server did: it waits this long only for a server that is cut off.
STATEMENT_SECONDS = 30
COMMAND_SECONDS = 35.0
CLOSE_SECONDS = 10.0

_JSONB_VERSION = b"\x01"
_SETTINGS = {"application_name": "fileport", "timezone": "UTC", "default_transaction_isolation": "read committed"}
_LIMITS = {
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
}
# Acknowledged means durable, so a database whose default is weaker is overruled; a stronger default stays.
_DURABLE = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""


class Pool:
    """Lends the connections of an asyncpg pool."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", *, acquire_timeout: float) -> None:
        self._pool = pool
        self._acquire_timeout = acquire_timeout

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection, as `Connections` promises."""
        connection = await self._acquire()
        try:
            yield connection
        finally:
            # The driver has ended a connection that it could not reset. A commit stays committed.
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await self._pool.release(connection)

    async def _acquire(self) -> "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]":
        if self._pool.is_closing():
            raise CatalogUnavailableError("The service is shutting down.")
        with domain_errors():
            try:
                return await self._pool.acquire(timeout=self._acquire_timeout)
            except TimeoutError:
                if self._pool.get_size() < self._pool.get_max_size():
                    raise
                raise CatalogBusyError("Every connection to the catalog is in use.") from None


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
    is_behind_pooler = statement_cache_size == 0
    arguments: dict[str, Any] = {} if credentials is None else {"connect": credentials.connect}
    if statement_cache_size is not None:
        arguments["statement_cache_size"] = statement_cache_size
    with domain_errors():
        pool = await asyncpg.create_pool(
            dsn,
            init_size=1,
            min_size=0,
            max_size=size,
            timeout=connect_timeout,
            command_timeout=command_timeout,
            server_settings=_SETTINGS if is_behind_pooler else _SETTINGS | _LIMITS,
            init=_set_codec if is_behind_pooler else _prepare,
            reset=_keep_session,
            **arguments,
        )
    try:
        yield Pool(pool, acquire_timeout=acquire_timeout)
    finally:
        with anyio.move_on_after(CLOSE_SECONDS, shield=True):
            await pool.close()


async def _prepare(connection: Connection) -> None:
    await _set_codec(connection)
    await connection.execute(_DURABLE)


async def _set_codec(connection: Connection) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
        format="binary",
    )


async def _keep_session(_: Connection) -> None:
    """Save the driver's `RESET ALL`, a round trip for each use: nothing here changes a session."""


def _encode_jsonb(value: object) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(value[1:])
