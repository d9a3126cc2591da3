"""Small files whose bytes are in the catalog: stored by one statement, which is the transaction, wherever that can be.

Whoever changes a policy locks the table of buckets, which these statements share from before their snapshot until their
commit, by FOR KEY SHARE. So they hold to the policy that they see.
"""

from contextlib import suppress

import asyncpg

from adapters.postgres.buckets import SHARD, lock_bucket
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.commit import commit, described, replacing
from adapters.postgres.files.records import COLUMNS, UNEXPIRED, to_file
from adapters.postgres.files.search.names import folded_name
from adapters.postgres.quotas.room import taken
from adapters.postgres.recording import by, recording
from domain.blobs.model import Blob
from domain.files.model import NewFile, Stored
from domain.values.preconditions import NO_PRECONDITION

_ADMITTING = """
    SELECT name AS own_bucket, default_ttl, quota_bytes, quota_files,
        quota_bytes IS NOT NULL OR quota_files IS NOT NULL AS has_quota,
        allowed_types IS NULL AND coalesce(max_file_size >= {size}, true) AS admits
    FROM buckets WHERE name = {bucket}
    FOR KEY SHARE
"""
_KEPT = """
    INSERT INTO blobs (key, state, file_count, size, sha256, crc32, content)
    SELECT blob_key, 'live', 1, size, sha256, {crc32}::bigint, {content}::bytea FROM {file}
"""
# A row without a file says what was in the way: the policy, or that the name is taken. No row: there is no such bucket.
_STORE = f"""
WITH admitting AS (
    {_ADMITTING.format(bucket="$2", size="$6")}
), stored AS (
    INSERT INTO files (
        id, bucket, name, name_words, content_type, size, sha256, blob_key, metadata, tags, attributes, revision,
        created_at, updated_at, expires_at, folded_from, folded_name
    )
    SELECT $1::uuid, own_bucket, $3, array_to_tsvector($4::text[]), $5, $6::bigint, $7, $8, $9, $10, $11, 1,
        statement_timestamp(), statement_timestamp(), statement_timestamp() + make_interval(secs => default_ttl),
        CASE WHEN $12::text IS NOT NULL THEN $3 END, $12
    FROM admitting WHERE admits AND {{room}}
    ON CONFLICT (bucket, name) DO NOTHING
    RETURNING {COLUMNS}
), kept AS (
    {_KEPT.format(file="stored", crc32="$13", content="$14")}
), counted AS (
    INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
    SELECT bucket, {SHARD}, size, 1 FROM stored
    ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + 1
), recorded AS (
    {recording("SELECT 'file.create', bucket, id, name, NULL FROM stored", 15)}
)
SELECT admits, has_quota, stored.* FROM admitting LEFT JOIN stored ON true
"""
_STORE_WITHOUT_QUOTA = _STORE.format(room="NOT has_quota")
# In a transaction that has locked the bucket.
_STORE_WITHIN_QUOTA = _STORE.format(
    room=f"""(
        SELECT coalesce(taken.bytes + $6 <= quota_bytes, true) AND coalesce(taken.files + 1 <= quota_files, true)
        FROM ({taken(bucket="$2", without="$8")}) AS taken
    )"""
)
# Only where nobody has changed the file since the snapshot: the blob that it lets go of is in the snapshot then, too.
# Usage comes last, as everywhere.
_REPLACE = f"""
WITH admitting AS (
    {_ADMITTING.format(bucket="$1", size="$3")}
), seen AS (
    SELECT id AS seen_id, revision AS seen_revision, blob_key AS seen_key, size AS seen_size, default_ttl
    FROM files JOIN admitting ON bucket = own_bucket
    WHERE name = $10 AND {UNEXPIRED} AND admits AND NOT has_quota
), replaced AS (
    UPDATE files {replacing("default_ttl")}
    FROM seen WHERE id = seen_id AND revision = seen_revision
    RETURNING {COLUMNS}, seen_key, seen_size
), kept AS (
    {_KEPT.format(file="replaced", crc32="$11", content="$12")}
), released AS (
    UPDATE blobs
    SET file_count = file_count - 1,
        state = CASE file_count WHEN 1 THEN 'condemned' ELSE state END,
        due_at = CASE file_count WHEN 1 THEN statement_timestamp() + make_interval(secs => $9) END
    FROM replaced WHERE key = seen_key
    RETURNING key
), counted AS (
    INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
    SELECT bucket, {SHARD}, replaced.size - seen_size, 0 FROM replaced JOIN released ON key = seen_key
    WHERE replaced.size <> seen_size
    ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes
), recorded AS (
    {recording("SELECT 'file.replace', bucket, id, name, NULL FROM replaced", 13)}
)
SELECT {COLUMNS} FROM replaced
"""


async def commit_inline(database: Database, new: NewFile, blob: Blob, grace: float) -> Stored:
    """Keep the promises of `Files.commit_file` for an inline blob: in as few round trips as its bucket lets it."""
    if new.precondition.if_match is None:
        # Else this is repeated, for a file that has lost the name, or is gone, since.
        with suppress(asyncpg.UniqueViolationError):
            if stored := await _store_or_replace(database, new, blob, grace):
                return stored
    return await database.transact(commit, new, blob, grace)


async def _store_or_replace(database: Database, new: NewFile, blob: Blob, grace: float) -> Stored | None:
    rows = await database.change(_STORE_WITHOUT_QUOTA, *_values(new, blob))
    if stored := _created(rows):
        return stored
    if not rows or not rows[0]["admits"]:
        return None
    if rows[0]["has_quota"]:
        return await database.transact(_store_within_quota, new, blob, grace)
    if new.precondition != NO_PRECONDITION:
        return None
    values = new.content_type, blob.size, blob.sha256, blob.key, new.metadata, new.tags, new.attributes
    rows = await database.change(_REPLACE, new.bucket, *values, grace, new.name, blob.crc32, blob.content, *by())
    return Stored(file=to_file(rows[0]), created=False) if rows else None


async def _store_within_quota(connection: Connection, new: NewFile, blob: Blob, grace: float) -> Stored:
    await lock_bucket(connection, new.bucket)
    return _created(await connection.fetch(_STORE_WITHIN_QUOTA, *_values(new, blob))) or await commit(
        connection, new, blob, grace
    )


def _created(rows: list[asyncpg.Record]) -> Stored | None:
    return Stored(file=to_file(rows[0]), created=True) if rows and rows[0]["id"] is not None else None


def _values(new: NewFile, blob: Blob) -> tuple[object, ...]:
    return *described(new, blob), folded_name(new.name), blob.crc32, blob.content, *by()
