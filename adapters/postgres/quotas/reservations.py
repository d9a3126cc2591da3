"""The reservations of uploads that are under way, and of those that have ended."""

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.quotas.room import reserve
from domain.errors import LeaseLostError
from domain.quotas.model import Room

# Does not wait for the disk: where a crash of Postgres undoes a reservation, the commit of its file checks the quota.
_HOLD = """
WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
SELECT true FROM blobs CROSS JOIN unsynced WHERE key = $1 AND state = 'staged' FOR UPDATE OF blobs
"""
_RELEASE = "UPDATE blobs SET reserved_bucket = NULL, reserved_bytes = NULL, reserved_files = NULL"

# The reservations of direct uploads that become no file any more. A completion may outlast the upload's expiry.
ORPHANED = """
SELECT staging.key, reserved_bucket, reserved_bytes, reserved_files
FROM blobs AS staging JOIN direct_uploads AS upload ON staging_key = staging.key
WHERE staging.state = 'staged' AND reserved_bucket IS NOT NULL
AND (
    upload.state <> 'open'
    OR (
        expires_at <= statement_timestamp() - make_interval(secs => $1)
        AND NOT EXISTS (
            SELECT FROM blobs AS final
            WHERE final.key = final_key AND final.state = 'staged' AND final.lease_until > statement_timestamp()
        )
    )
)
ORDER BY staging.key
"""
_RELEASE_ORPHANED = f"""
WITH orphaned AS ({ORPHANED} LIMIT $2 FOR UPDATE OF staging SKIP LOCKED)
{_RELEASE} FROM orphaned WHERE blobs.key = orphaned.key
RETURNING blobs.key
"""


class PostgresQuotas:
    """Keep the port `Quotas`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve_room(self, key: str, room: Room) -> int | None:
        return await self._database.transact(_hold_and_reserve, key, room)

    async def release_orphaned(self, *, limit: int) -> int:
        return len(await self._database.change(_RELEASE_ORPHANED, 0.0, limit))


async def _hold_and_reserve(connection: Connection, key: str, room: Room) -> int | None:
    if not await connection.fetchval(_HOLD, key):
        raise LeaseLostError("The upload's lease has ended.")
    return await reserve(connection, key, room)
