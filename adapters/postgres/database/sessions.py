"""Sessions: how a connection to the database is opened, and its settings."""

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import msgspec

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.credentials import RotatingCredentials

# A client gives up a little after the server did: it waits this long only for a server that is cut off.
STATEMENT_SECONDS = 30
COMMAND_SECONDS = 35.0
CONNECT_SECONDS = 4.0

_JSONB_VERSION = b"\x01"
# A pooler takes these two along to the session that it shares. PgBouncer refuses the others.
_TRACKED = {"application_name": "fileport", "timezone": "UTC"}
_SETTINGS = _TRACKED | {
    "default_transaction_isolation": "read committed",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "15s",
}
# Acknowledged means durable, so a database whose default is weaker is overruled; a stronger default stays.
_DURABLE = """
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')
"""

OpenSession = Callable[[], Awaitable[Connection]]


def opens_sessions(
    dsn: str,
    *,
    credentials: RotatingCredentials | None = None,
    connect_timeout: float = CONNECT_SECONDS,
    command_timeout: float = COMMAND_SECONDS,
    statement_cache_size: int | None = None,
) -> OpenSession:
    """Return a function that opens a session, and raises the driver's errors. See `create_pool`."""
    is_behind_pooler = statement_cache_size == 0
    connect = asyncpg.connect if credentials is None else credentials.connect
    arguments: dict[str, Any] = {} if statement_cache_size is None else {"statement_cache_size": statement_cache_size}

    async def open_session() -> Connection:
        connection = await connect(
            dsn,
            timeout=connect_timeout,
            command_timeout=command_timeout,
            server_settings=_TRACKED if is_behind_pooler else _SETTINGS,
            **arguments,
        )
        try:
            await _prepare(connection, is_behind_pooler=is_behind_pooler)
        except BaseException:
            connection.terminate()
            raise
        return connection

    return open_session


async def _prepare(connection: Connection, *, is_behind_pooler: bool) -> None:
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=_encode_jsonb,
        decoder=_decode_jsonb,
        format="binary",
    )
    if not is_behind_pooler:
        await connection.execute(_DURABLE)


def _encode_jsonb(value: object) -> bytes:
    return _JSONB_VERSION + msgspec.json.encode(value)


def _decode_jsonb(value: bytes) -> Any:
    return msgspec.json.decode(value[1:])
