"""Locks on resumable uploads."""

from uuid import UUID

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.uploads import ALIVE, COLUMNS, FIND, FROM_NOW, expired, only_held, to_alive_upload, to_upload
from domain.access.callers import SYSTEM
from domain.uploads.model import LockedUpload

# Does not wait for the disk. Where a crash of Postgres undoes it, a lock is lost, or its lease ends a little later.
_UNSYNCED = "WITH unsynced AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))"

_FIND_FOR_UPDATE = f"{FIND} FOR UPDATE"
# A lock extends the life of the upload, the parts of a final one, and their blobs. Everywhere, uploads are locked
# before blobs, and both in the order of their keys.
# The epoch is the time, so that none is given twice, even by a Postgres that forgot the last one in a crash.
_ACQUIRE = f"""
{_UNSYNCED}
UPDATE uploads
SET epoch = greatest(epoch + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint),
    held_until = {FROM_NOW.format("$2")}, is_wanted = false,
    expires_at = CASE WHEN is_finished THEN expires_at ELSE greatest(expires_at, {FROM_NOW.format("$3")}) END
FROM unsynced WHERE id = $1
RETURNING {COLUMNS}, epoch
"""
_PROLONG = f"""
WITH alive AS (
    SELECT id FROM uploads WHERE id = ANY($1::uuid[]) AND {ALIVE} ORDER BY id FOR UPDATE
)
UPDATE uploads SET expires_at = greatest(expires_at, {FROM_NOW.format("$2")})
FROM alive WHERE uploads.id = alive.id
RETURNING uploads.blob_key
"""
_LEASE = f"""
WITH leased AS (
    SELECT key FROM blobs WHERE key = ANY($1::text[]) AND state = 'staged' ORDER BY key FOR UPDATE
)
UPDATE blobs SET lease_until = greatest(lease_until, {FROM_NOW.format("$2")})
FROM leased WHERE blobs.key = leased.key
RETURNING blobs.key
"""
_REQUEST_RELEASE = "UPDATE uploads SET is_wanted = true WHERE id = $1"
_IS_RELEASE_REQUESTED = "SELECT is_wanted FROM uploads WHERE id = $1 AND epoch = $2"
_RELEASE = f"""
{_UNSYNCED}
UPDATE uploads SET held_until = NULL, is_wanted = false FROM unsynced WHERE id = $1 AND epoch = $2
"""
_RENEW = f"""
{_UNSYNCED}
UPDATE uploads SET held_until = {FROM_NOW.format("$3")}, is_wanted = false FROM unsynced
WHERE id = $1 AND epoch = $2 AND held_until IS NOT NULL
RETURNING id
"""


class PostgresUploadLocks:
    """Keep the port `UploadLocks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire_lock(self, id: UUID, *, lease: float, ttl: float) -> LockedUpload | None:
        return await self._database.transact(_acquire, id, lease, ttl)

    async def request_release(self, id: UUID) -> None:
        await self._database.change(_REQUEST_RELEASE, id)

    async def is_release_requested(self, id: UUID, epoch: int) -> bool:
        is_wanted: bool = only_held(await self._database.read(_IS_RELEASE_REQUESTED, id, epoch))["is_wanted"]
        return is_wanted

    async def renew_lock(self, id: UUID, epoch: int, *, lease: float) -> None:
        only_held(await self._database.change(_RENEW, id, epoch, lease))

    async def release_lock(self, id: UUID, epoch: int) -> None:
        await self._database.change(_RELEASE, id, epoch)


async def _acquire(connection: Connection, id: UUID, lease: float, ttl: float) -> LockedUpload | None:
    before = to_alive_upload(SYSTEM, await connection.fetch(_FIND_FOR_UPDATE, id))
    if before.lock_state == "held":
        return None
    [row] = await connection.fetch(_ACQUIRE, id, lease, ttl)
    if not before.is_finished:
        keys = [before.blob_key]
        if before.parts:
            keys += [row["blob_key"] for row in await connection.fetch(_PROLONG, before.parts, ttl)]
        leased = {row["key"] for row in await connection.fetch(_LEASE, keys, ttl)}
        if before.blob_key not in leased:
            raise expired()
    return LockedUpload(upload=to_upload(row), epoch=row["epoch"], is_inherited=before.lock_state == "left")
