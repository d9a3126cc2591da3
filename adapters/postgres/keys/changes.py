"""Changes of keys, by LISTEN and NOTIFY on a connection of their own."""

from collections.abc import Callable
from typing import Any, NoReturn

import anyio
import asyncpg

from adapters.postgres.database.credentials import RotatingCredentials
from adapters.postgres.database.errors import domain_errors
from adapters.postgres.database.sessions import CONNECT_SECONDS
from adapters.postgres.keys.rows import CHANNEL

# A connection may be dead and no side know it, as behind a firewall that forgets: then nothing would ever come.
PROBE_SECONDS = 2.0


class PostgresKeyChanges:
    """Keep the port `KeyChanges`. A transaction-mode pooler passes no notifications on; then none come."""

    def __init__(
        self, dsn: str, credentials: RotatingCredentials | None = None, *, probe_seconds: float = PROBE_SECONDS
    ) -> None:
        self._dsn = dsn
        self._connect = asyncpg.connect if credentials is None else credentials.connect
        self._probe_seconds = probe_seconds

    async def watch(self, on_change: Callable[[str], object], on_gap: Callable[[], object]) -> NoReturn:
        def hear(_: Any, __: int, ___: str, payload: object) -> None:
            on_change(str(payload))

        with domain_errors():
            connection = await self._connect(
                self._dsn, timeout=CONNECT_SECONDS, server_settings={"application_name": "fileport keys"}
            )
        try:
            with domain_errors(connection):
                await connection.add_listener(CHANNEL, hear)
                on_gap()
                while True:
                    await anyio.sleep(self._probe_seconds)
                    with anyio.fail_after(self._probe_seconds):
                        await connection.fetchval("SELECT 1")
        finally:
            # Closing it would wait for the other side.
            connection.terminate()
