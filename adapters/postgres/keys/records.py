"""Keys as requests need them, and the service's own work on them."""

from collections.abc import Mapping
from uuid import UUID

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.keys.rows import HOLDS, tell, to_scopes
from domain.access.callers import CallerLimits
from domain.keys.credentials import KeyCredentials, KeySecret
from domain.keys.ports import StaleSecret
from domain.keys.sealed import KeptSecret

FIND_CREDENTIALS = f"""
SELECT keys.id, scopes, expires_at, rate, transfers,
    extract(epoch FROM expires_at - statement_timestamp())::float8 AS seconds_left,
    key_secrets.version, code, sealed,
    extract(epoch FROM ends_at - statement_timestamp())::float8 AS secret_seconds_left
FROM keys JOIN key_secrets ON key_id = keys.id
WHERE access_key_id = $1 AND {HOLDS} AND (ends_at IS NULL OR ends_at > statement_timestamp())
ORDER BY key_secrets.version DESC
"""
# Rows are locked in the order of their ids, as everywhere.
_RECORD_USES = """
WITH used AS (
    SELECT keys.id, statement_timestamp() - make_interval(secs => use.age) AS at
    FROM keys JOIN unnest($1::uuid[], $2::float8[]) AS use (id, age) USING (id)
    WHERE last_used_at IS NULL OR last_used_at < statement_timestamp() - make_interval(secs => use.age + 240)
    ORDER BY keys.id
    FOR NO KEY UPDATE OF keys SKIP LOCKED
)
UPDATE keys SET last_used_at = used.at FROM used WHERE keys.id = used.id
"""
_LIST_STALE = """
SELECT key_id, version, code, sealed FROM key_secrets WHERE substring(sealed FROM 1 FOR 4) <> $1
ORDER BY key_id, version LIMIT $2 OFFSET $3
"""
_REPLACE = """
UPDATE key_secrets SET code = $4, sealed = $5 FROM keys
WHERE key_id = $1 AND key_secrets.version = $2 AND sealed = $3 AND keys.id = key_id
RETURNING access_key_id
"""
_FORGET = """
WITH ended AS (
    SELECT key_id, version FROM key_secrets WHERE ends_at <= statement_timestamp()
    ORDER BY ends_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM key_secrets USING ended WHERE key_secrets.key_id = ended.key_id AND key_secrets.version = ended.version
RETURNING key_secrets.key_id
"""


class PostgresKeyRecords:
    """Keep the port `KeyRecords`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_credentials(self, access_key_id: str) -> KeyCredentials | None:
        rows = await self._database.read(FIND_CREDENTIALS, access_key_id)
        if not rows:
            return None
        secrets = tuple(
            KeySecret(
                kept=KeptSecret(version=row["version"], code=row["code"], sealed=row["sealed"]),
                seconds_left=row["secret_seconds_left"],
            )
            for row in rows
        )
        return KeyCredentials(
            id=rows[0]["id"],
            scopes=to_scopes(rows[0]["scopes"]),
            secrets=secrets,
            expires_at=rows[0]["expires_at"],
            limits=CallerLimits(rows[0]["rate"], rows[0]["transfers"]),
            seconds_left=rows[0]["seconds_left"],
        )

    async def record_uses(self, ages: Mapping[UUID, float]) -> None:
        await self._database.change(_RECORD_USES, list(ages), list(ages.values()))

    async def list_stale_secrets(self, current_id: bytes, *, limit: int, offset: int = 0) -> list[StaleSecret]:
        rows = await self._database.read(_LIST_STALE, current_id, limit, offset)
        return [
            StaleSecret(
                key_id=row["key_id"],
                kept=KeptSecret(version=row["version"], code=row["code"], sealed=row["sealed"]),
            )
            for row in rows
        ]

    async def replace_secret(self, stale: StaleSecret, renewed: KeptSecret) -> None:
        await self._database.transact(_replace, stale, renewed)

    async def forget_secrets(self, *, limit: int) -> int:
        return len(await self._database.change(_FORGET, limit))


async def _replace(connection: Connection, stale: StaleSecret, renewed: KeptSecret) -> None:
    access_key_id = await connection.fetchval(
        _REPLACE, stale.key_id, stale.kept.version, stale.kept.sealed, renewed.code, renewed.sealed
    )
    if access_key_id is not None:
        await tell(connection, access_key_id)
