"""The integrity and the health of the catalog."""

from collections.abc import Sequence

import asyncpg

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.quotas.reservations import ORPHANED
from domain.blobs.model import BlobRecord, InlineRecord
from domain.buckets.model import Usage
from domain.errors import CatalogUnavailableError
from domain.maintenance.model import Miscount, OrphanedReservation

# All files are added up in one statement, for it must see them at one moment; there may be hundreds of millions.
ADDING_UP_SECONDS = 3600

_RECORDS = """
SELECT key, state, size, sha256, file_count, (SELECT count(*) FROM files WHERE blob_key = key) AS files
FROM blobs
"""
# Every key comes after the empty one.
RECORDS_AFTER = f"""
{_RECORDS}
WHERE content IS NULL AND (right(key, 2), key) > (right($1::text, 2), $1::text)
ORDER BY right(key, 2), key
LIMIT $2
"""
# Bytes never leave Postgres.
INLINE_RECORDS_AFTER = """
SELECT key, state, size, sha256, file_count, (SELECT count(*) FROM files WHERE blob_key = key) AS files,
    octet_length(content) AS actual_size, CASE WHEN $3 THEN encode(sha256(content), 'hex') END AS actual_sha256
FROM blobs
WHERE key >= 'f' AND key > $1 AND content IS NOT NULL
ORDER BY key
LIMIT $2
"""
_RECORDS_OF = f"{_RECORDS} WHERE key = ANY($1::text[])"

_MISCOUNTED = """
SELECT name,
    coalesce(counted.bytes, 0)::bigint AS counted_bytes, coalesce(counted.files, 0)::bigint AS counted_files,
    coalesce(actual.bytes, 0)::bigint AS actual_bytes, coalesce(actual.files, 0)::bigint AS actual_files
FROM buckets
LEFT JOIN (SELECT bucket, sum(bytes) AS bytes, sum(files) AS files FROM bucket_usage GROUP BY bucket) AS counted
    ON counted.bucket = name
LEFT JOIN (SELECT bucket, sum(size) AS bytes, count(*) AS files FROM files GROUP BY bucket) AS actual
    ON actual.bucket = name
WHERE (coalesce(counted.bytes, 0), coalesce(counted.files, 0))
    <> (coalesce(actual.bytes, 0), coalesce(actual.files, 0))
ORDER BY name
"""
# Two repairs at once would each add the difference.
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('fileport.recount_usage'))"
# No bucket goes meanwhile; uploads into it go on.
_KEEP_BUCKETS = "SELECT FROM buckets ORDER BY name FOR KEY SHARE"
# A transaction that changes a bucket's files changes its usage by as much. So the difference is the same at every
# moment, and is added without blocking uploads.
_ADD_MISSING = f"""
INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
SELECT name, 0, actual_bytes - counted_bytes, actual_files - counted_files FROM ({_MISCOUNTED}) AS miscounted
ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + excluded.files
RETURNING bucket
"""

_LOCK_BLOBS = "SELECT FROM blobs WHERE key = ANY($1::text[]) ORDER BY key FOR NO KEY UPDATE"
# Every other change of a blob's files changes its count after this one, by as much: see `_RELEASE` and `_SHARE`.
# A claim of a blob that is live again must not hold.
_RECOUNT_BLOBS = """
UPDATE blobs
SET file_count = counted.files,
    state = CASE counted.files WHEN 0 THEN 'condemned' ELSE 'live' END,
    size = coalesce(blobs.size, counted.size),
    sha256 = coalesce(blobs.sha256, counted.sha256),
    lease_until = NULL,
    due_at = CASE counted.files WHEN 0 THEN statement_timestamp() + make_interval(secs => $2) END,
    epoch = epoch + 1
FROM (
    SELECT key, count(id) AS files, min(files.size) AS size, min(files.sha256) AS sha256
    FROM unnest($1::text[]) AS key LEFT JOIN files ON blob_key = key
    GROUP BY key
) AS counted
WHERE blobs.key = counted.key AND blobs.file_count <> counted.files
RETURNING blobs.key
"""


class PostgresCatalogIntegrity:
    """Keep the port `CatalogIntegrity`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def list_blob_records(self, *, after: str | None, limit: int) -> list[BlobRecord]:
        return [_record(row) for row in await self._database.read(RECORDS_AFTER, after or "", limit)]

    async def list_inline_records(self, *, after: str | None, limit: int, hashed: bool) -> list[InlineRecord]:
        rows = await self._database.read(INLINE_RECORDS_AFTER, after or "", limit, hashed)
        return [
            InlineRecord(record=_record(row), actual_size=row["actual_size"], actual_sha256=row["actual_sha256"])
            for row in rows
        ]

    async def get_blob_records(self, keys: Sequence[str]) -> dict[str, BlobRecord]:
        return {row["key"]: _record(row) for row in await self._database.read(_RECORDS_OF, keys)}

    async def find_miscounted_usage(self) -> list[Miscount]:
        rows = await self._database.transact(_add_up, _MISCOUNTED)
        return [
            Miscount(
                bucket=row["name"],
                counted=Usage(bytes=row["counted_bytes"], files=row["counted_files"]),
                actual=Usage(bytes=row["actual_bytes"], files=row["actual_files"]),
            )
            for row in rows
        ]

    async def recount_usage(self) -> int:
        return await self._database.transact(_recount_usage)

    async def find_orphaned_reservations(self, *, ended_for: float) -> list[OrphanedReservation]:
        return [
            OrphanedReservation(
                key=row["key"], bucket=row["reserved_bucket"], bytes=row["reserved_bytes"], files=row["reserved_files"]
            )
            for row in await self._database.read(ORPHANED, ended_for)
        ]

    async def recount_files(self, keys: Sequence[str]) -> int:
        return await self._database.transact(_recount_files, keys, self._grace)


class PostgresCatalogHealth:
    """Keep the port `CatalogHealth`, on a `database` of its own, so that it need not wait for the work of others."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def check(self) -> None:
        try:
            await self._database.read("SELECT FROM buckets LIMIT 1")
        except asyncpg.UndefinedTableError as error:
            raise CatalogUnavailableError("The catalog has no tables yet.") from error


async def _recount_usage(connection: Connection) -> int:
    await connection.execute(_ONE_AT_A_TIME)
    await connection.execute(_KEEP_BUCKETS)
    return len(await _add_up(connection, _ADD_MISSING))


async def _recount_files(connection: Connection, keys: Sequence[str], grace: float) -> int:
    await connection.execute(_LOCK_BLOBS, keys)
    # A statement of its own: it sees the changes of those that had the locks before.
    return len(await connection.fetch(_RECOUNT_BLOBS, keys, grace))


async def _add_up(connection: Connection, sql: str) -> list[asyncpg.Record]:
    await connection.execute(f"SET LOCAL statement_timeout = '{ADDING_UP_SECONDS}s'")
    return await connection.fetch(sql, timeout=ADDING_UP_SECONDS)


def _record(row: asyncpg.Record) -> BlobRecord:
    return BlobRecord(
        key=row["key"],
        state=row["state"],
        size=row["size"],
        sha256=row["sha256"],
        file_count=row["file_count"],
        files=row["files"],
    )
