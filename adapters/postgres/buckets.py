"""Buckets, their policies and their usage."""

from collections.abc import Iterable, Sequence
from typing import Any

import asyncpg
import msgspec

from adapters.postgres.blobs import GracePeriod, release
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database, TryAgainError
from adapters.postgres.idempotency import finishing
from adapters.postgres.recording import by, recording
from domain.access.callers import SYSTEM
from domain.buckets.cors import CorsRule
from domain.buckets.errors import BucketNotEmptyError, no_such_bucket
from domain.buckets.model import Bucket, BucketChange, Policy, Usage
from domain.idempotency.model import KeyClaim
from domain.values.preconditions import NO_PRECONDITION, Precondition

POLICY_COLUMNS = """
max_file_size, allowed_types, quota_bytes, quota_files, default_ttl, public, public_listing, cors, cache_control
"""
_FIELDS = POLICY_COLUMNS.strip().split(", ")
# $1 is the name of the bucket.
_PARAMETERS = ", ".join(f"${number}" for number, _ in enumerate(_FIELDS, start=2))
_AFTER_POLICY = 2 + len(_FIELDS)

# The counts have the expired files that the reaper has not removed yet; usage does not.
_BUCKETS = f"""
SELECT name, created_at, {POLICY_COLUMNS}, labels,
    (counted.bytes - expired.bytes)::bigint AS bytes, (counted.files - expired.files)::bigint AS files
FROM buckets
CROSS JOIN LATERAL (
    SELECT coalesce(sum(bytes), 0) AS bytes, coalesce(sum(files), 0) AS files FROM bucket_usage WHERE bucket = name
) AS counted
CROSS JOIN LATERAL (
    SELECT coalesce(sum(size), 0) AS bytes, count(*) AS files
    FROM files WHERE bucket = buckets.name AND expires_at <= statement_timestamp()
) AS expired
"""
_BUCKET = _BUCKETS + "WHERE name = $1"
# Underscores are in names, so that LIKE would be wrong.
_BUCKETS_AFTER = (
    _BUCKETS
    + """
WHERE ($1::text IS NULL OR name > $1) AND name >= $4 AND starts_with(name, $4) AND EXISTS (
    SELECT FROM unnest($3::text[]) AS pattern
    WHERE name = pattern OR (right(pattern, 1) = '*' AND starts_with(name, left(pattern, -1)))
)
ORDER BY name LIMIT $2
"""
)

_CREATE = f"""
WITH created AS (
    INSERT INTO buckets (name, {POLICY_COLUMNS}) VALUES ($1, {_PARAMETERS})
    ON CONFLICT (name) DO NOTHING
    RETURNING name, created_at, {POLICY_COLUMNS}, labels
), recorded AS (
    {recording("SELECT 'bucket.create', name, NULL::uuid, NULL, NULL FROM created", _AFTER_POLICY)}
)
SELECT *, 0 AS bytes, 0 AS files FROM created
"""
# Row locks would do, but Postgres lets new sharers of a row pass the transactions that wait to change it: under steady
# uploads a policy would never change. The queue for a table's lock is fair.
_LOCK_ALL = "LOCK TABLE buckets IN EXCLUSIVE MODE"
_REPLACE = f"""
WITH changed AS (
    UPDATE buckets SET ({POLICY_COLUMNS}) = ROW ({_PARAMETERS}) WHERE name = $1 RETURNING name
)
{recording("SELECT 'bucket.change', name, NULL::uuid, NULL, NULL FROM changed", _AFTER_POLICY)}
"""
# A list or an object replaces what is there; null is for none, and what is not named stays.
_CHANGE = f"""
WITH changed AS (
    UPDATE buckets SET
        cors = CASE WHEN $2::jsonb IS NULL THEN cors ELSE nullif($2, '[]') END,
        labels = CASE WHEN $3::jsonb IS NULL THEN labels ELSE nullif($3, '{{}}') END
    WHERE name = $1 RETURNING name
), recorded AS (
    {recording("SELECT 'bucket.change', name, NULL::uuid, NULL, NULL FROM changed", 4)}
)
SELECT FROM changed
"""
_HOLDS_FILES = """
SELECT EXISTS (
    SELECT FROM files WHERE bucket = $1 AND (expires_at IS NULL OR expires_at > statement_timestamp())
)
"""
_EMPTY = f"""
WITH deleted AS (
    DELETE FROM files WHERE bucket = $1 RETURNING id, bucket, name, blob_key
), recorded AS (
    {recording("SELECT 'file.expire', bucket, id, name, NULL FROM deleted", 2)}
)
SELECT blob_key FROM deleted
"""
_DELETE = f"""
WITH deleted AS (DELETE FROM buckets WHERE name = $1 RETURNING name)
{recording("SELECT 'bucket.delete', name, NULL::uuid, NULL, NULL FROM deleted", 2)}
"""

# Sharing the row keeps the policy as it is until the commit; with a quota, uploads go one by one. The strength
# cannot be raised later: two transactions that share the row would wait for each other.
_LOCK = f"""
WITH unlimited AS (
    SELECT {POLICY_COLUMNS} FROM buckets WHERE name = $1 AND quota_bytes IS NULL AND quota_files IS NULL FOR SHARE
), limited AS (
    SELECT {POLICY_COLUMNS} FROM buckets
    WHERE name = $1 AND (quota_bytes IS NOT NULL OR quota_files IS NOT NULL) FOR NO KEY UPDATE
)
SELECT * FROM unlimited UNION ALL SELECT * FROM limited
"""
_EXISTS = "SELECT EXISTS (SELECT FROM buckets WHERE name = $1)"
_POLICY = f"SELECT {POLICY_COLUMNS} FROM buckets WHERE name = $1"

# A connection writes to its own shard, so that uploads at the same time do not wait for each other.
SHARD = "pg_backend_pid() % 16"
_COUNT = f"""
INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
SELECT bucket, {SHARD}, sum(bytes), sum(files)
FROM unnest($1::text[], $2::bigint[], $3::bigint[]) AS change (bucket, bytes, files)
GROUP BY bucket
ORDER BY bucket COLLATE "C"
ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + excluded.files
"""


class PostgresBuckets:
    """Keep the port `Buckets`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def put_bucket(
        self,
        name: str,
        policy: Policy,
        claim: KeyClaim | None = None,
        *,
        precondition: Precondition = NO_PRECONDITION,
    ) -> tuple[Bucket, bool]:
        return await self._database.transact(finishing(claim, _put), name, policy, precondition)

    async def get_bucket(self, name: str) -> Bucket:
        rows = await self._database.read(_BUCKET, name)
        if not rows:
            raise no_such_bucket(name)
        return _bucket(rows[0])

    async def get_policy(self, name: str) -> Policy:
        rows = await self._database.read(_POLICY, name)
        if not rows:
            raise no_such_bucket(name)
        return to_policy(rows[0])

    async def change_bucket(self, name: str, change: BucketChange) -> None:
        await self._database.transact(_change, name, change)

    async def list_buckets(
        self, patterns: Sequence[str], *, after: str | None, limit: int, prefix: str = ""
    ) -> list[Bucket]:
        return [_bucket(row) for row in await self._database.read(_BUCKETS_AFTER, after, limit, patterns, prefix)]

    async def delete_bucket(self, name: str, precondition: Precondition = NO_PRECONDITION) -> None:
        await self._database.transact(_delete, name, precondition, self._grace)


def to_policy(row: asyncpg.Record) -> Policy:
    """Return the policy of a row with all of `POLICY_COLUMNS`."""
    return Policy(
        max_file_size=row["max_file_size"],
        allowed_types=None if row["allowed_types"] is None else tuple(row["allowed_types"]),
        quota_bytes=row["quota_bytes"],
        quota_files=row["quota_files"],
        default_ttl=row["default_ttl"],
        public=row["public"],
        public_listing=row["public_listing"],
        cors=msgspec.convert(row["cors"], tuple[CorsRule, ...]) if row["cors"] else (),
        cache_control=row["cache_control"],
    )


async def lock_bucket(connection: Connection, name: str) -> Policy:
    """Keep the bucket and its policy from changing until the transaction ends.

    Where it has a quota, other changes of its usage that this function begins wait as well.
    Raises `NoSuchBucketError`.
    """
    row = await connection.fetchrow(_LOCK, name)
    if row is not None:
        return to_policy(row)
    if await connection.fetchval(_EXISTS, name):
        raise TryAgainError  # it got a quota, or lost it, or was created just now
    raise no_such_bucket(name)


async def count_usage(connection: Connection, changes: Iterable[tuple[str, int, int]]) -> None:
    """Add to the usage of buckets: each change is a bucket's name, bytes and files."""
    buckets, sizes, files = zip(*changes, strict=True)
    await connection.execute(_COUNT, buckets, sizes, files)


async def _put(connection: Connection, name: str, policy: Policy, precondition: Precondition) -> tuple[Bucket, bool]:
    values = _policy_values(policy)
    rows = await connection.fetch(_BUCKET, name)
    created = not rows
    precondition.check_untagged(exists=not created)
    # Looked at before it is written, for the lock of the whole table comes first or not at all.
    if created:
        rows = await connection.fetch(_CREATE, name, *values, *by())
    elif to_policy(rows[0]) != policy:
        rows = await _replace(connection, name, values)
    if not rows:
        raise TryAgainError  # it was created or deleted just now
    return _bucket(rows[0]), created


async def _replace(connection: Connection, name: str, values: tuple[Any, ...]) -> list[asyncpg.Record]:
    await connection.execute(_LOCK_ALL)
    await connection.execute(_REPLACE, name, *values, *by())
    return await connection.fetch(_BUCKET, name)


async def _change(connection: Connection, name: str, change: BucketChange) -> None:
    rows = await connection.fetch(_BUCKET, name)
    if not rows:
        raise no_such_bucket(name)
    bucket = _bucket(rows[0])
    # Looked at before it is written, for the lock of the whole table comes first or not at all.
    if change.cors in (None, bucket.policy.cors) and change.labels in (None, bucket.labels):
        return
    await connection.execute(_LOCK_ALL)
    cors = None if change.cors is None else msgspec.to_builtins(change.cors)
    if not await connection.fetch(_CHANGE, name, cors, change.labels, *by()):
        raise TryAgainError  # it was deleted just now


async def _delete(connection: Connection, name: str, precondition: Precondition, grace: float) -> None:
    await connection.execute(_LOCK_ALL)
    if not await connection.fetchval(_EXISTS, name):
        raise no_such_bucket(name)
    precondition.check_untagged(exists=True)
    if await connection.fetchval(_HOLDS_FILES, name):
        raise BucketNotEmptyError("The bucket holds files.")
    # The remaining files have expired.
    if expired := await connection.fetch(_EMPTY, name, *by(SYSTEM)):
        await release(connection, [row["blob_key"] for row in expired], grace=grace)
    await connection.execute(_DELETE, name, *by())


def _bucket(row: asyncpg.Record) -> Bucket:
    return Bucket(
        name=row["name"],
        policy=to_policy(row),
        created_at=row["created_at"],
        usage=Usage(bytes=row["bytes"], files=row["files"]),
        labels=row["labels"] or {},
    )


def _policy_values(policy: Policy) -> tuple[Any, ...]:
    values = msgspec.structs.asdict(policy)
    # Null for none: most buckets have none, and every reader takes the policy along.
    values["cors"] = msgspec.to_builtins(policy.cors) or None
    return tuple(values[column] for column in _FIELDS)
