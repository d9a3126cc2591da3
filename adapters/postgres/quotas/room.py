"""Quotas: the checks of additions to a bucket, and the room that staged blobs have reserved.

A reservation is kept in its blob's row, so that it ends with the blob's state, exactly once, in the same transaction,
and without another statement. Whoever adds to a bucket with a quota holds the lock of its row from the check until the
commit.
"""

from uuid import UUID

from adapters.postgres.buckets import lock_bucket
from adapters.postgres.database.connections import Connection
from domain.buckets.model import Growth, Policy, Usage
from domain.quotas.model import Room


def taken(*, bucket: str, without: str) -> str:
    """Return the query of what is taken: by files, expired ones included, and reservations, but for one blob's."""
    return f"""
SELECT (counted.bytes + reserved.bytes)::bigint AS bytes, (counted.files + reserved.files)::bigint AS files
FROM (
    SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(files), 0) AS files FROM bucket_usage WHERE bucket = {bucket}
) AS counted
CROSS JOIN (
    SELECT coalesce(sum(reserved_bytes), 0) AS bytes, coalesce(sum(reserved_files), 0) AS files
    FROM blobs
    WHERE reserved_bucket = {bucket} AND state = 'staged' AND lease_until > statement_timestamp()
        AND key IS DISTINCT FROM {without}
) AS reserved
"""


TAKEN = taken(bucket="$1", without="$2")
# A file that is replaced may expire meanwhile; it counts then, as it did when it was locked.
_TAKEN_NOW = f"""
SELECT (taken.bytes - coalesce(sum(size), 0))::bigint AS bytes, taken.files - count(size) AS files
FROM ({TAKEN}) AS taken
LEFT JOIN files ON bucket = $1 AND expires_at <= statement_timestamp() AND id IS DISTINCT FROM $3
GROUP BY taken.bytes, taken.files
"""

_REPLACED = """
SELECT id, size FROM files
WHERE bucket = $1 AND name = $2 AND (expires_at IS NULL OR expires_at > statement_timestamp())
"""
_RESERVE = "UPDATE blobs SET reserved_bucket = $2, reserved_bytes = $3, reserved_files = $4 WHERE key = $1"


async def check_room(
    connection: Connection,
    bucket: str,
    policy: Policy,
    added: Growth,
    *,
    replaced: UUID | None = None,
    reserving: str | None = None,
) -> Usage | None:
    """Raise `QuotaExceededError` where what is `added` does not fit in the bucket, which is locked.

    Expired files take no room, whether the reaper has removed them or not. They are left to it: removing them here
    would lock files out of their order. What is added is less the file `replaced`, and the reservation of the blob
    `reserving` does not count. Returns what is taken at most, None where the quota does not matter.
    """
    if not policy.has_quota or not added.adds:
        return None
    taken = await _taken(connection, TAKEN, bucket, reserving)
    if not policy.has_room(taken, added):
        taken = await _taken(connection, _TAKEN_NOW, bucket, reserving, replaced)
        policy.check_quota(bucket, used=taken, added=added)
    return taken


async def reserve(connection: Connection, key: str, room: Room) -> int | None:
    """Keep the promises of `Quotas.reserve_room` for a staged blob that the transaction has locked."""
    policy = await lock_bucket(connection, room.bucket)
    if not policy.has_quota:
        return None
    row = await connection.fetchrow(_REPLACED, room.bucket, room.name)
    replaced, kept = (row["id"], row["size"]) if row else (None, 0)
    added = Growth(bytes=max(0, room.size - kept), files=0 if row else 1)
    taken = await check_room(connection, room.bucket, policy, added, replaced=replaced, reserving=key)
    ahead = room.ahead if taken else 0
    if taken and policy.quota_bytes is not None:
        ahead = max(0, min(ahead, policy.quota_bytes - taken.bytes - added.bytes))
    await connection.execute(_RESERVE, key, room.bucket, added.bytes + ahead, added.files)
    return max(room.size, kept) + ahead


async def _taken(connection: Connection, sql: str, *values: object) -> Usage:
    [row] = await connection.fetch(sql, *values)
    return Usage(bytes=row["bytes"], files=row["files"])
