"""Commits of files by one statement, which is the transaction, wherever that can be.

Whoever changes a policy locks the table of buckets, which these statements share from before their snapshot until their
commit, by FOR KEY SHARE. So they hold to the policy that they see. They lock a staged blob until their commit as well,
and before anything depends on its state: a lease that ends, or another commit of the blob, is waited for and seen.
"""

from contextlib import suppress

import asyncpg
import msgspec

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


class _Statements(msgspec.Struct, frozen=True):
    """What commits a blob: as a new file, the same in a transaction that has locked its bucket, and in a file."""

    store: str
    store_within_quota: str
    replace: str


def _statements(*, may_commit: str, keep: str) -> _Statements:
    """Return the statements for blobs that `keep` makes live, where `may_commit` is true, which locks what it looks at.

    `may_commit` has a place for the parameter of the key; `keep` for the row of the file, the parameter of the CRC-32,
    and that of the content.
    """
    store = _STORE.replace("{may_commit}", may_commit.format(key="$8")).replace(
        "{keep}", keep.format(file="stored", crc32="$13", content="$17")
    )
    replace = _REPLACE.replace("{may_commit}", may_commit.format(key="$5")).replace(
        "{keep}", keep.format(file="replaced", crc32="$11", content="$15")
    )
    return _Statements(
        store=store.replace("{room}", "NOT has_quota"),
        store_within_quota=store.replace("{room}", _ROOM),
        replace=replace,
    )


_POLICY = """
    SELECT name AS own_bucket, default_ttl, quota_bytes, quota_files,
        quota_bytes IS NOT NULL OR quota_files IS NOT NULL AS has_quota,
        allowed_types IS NULL AND coalesce(max_file_size >= {size}, true) AS admits
    FROM buckets WHERE name = {bucket} AND {{may_commit}}
    FOR KEY SHARE
"""
# A row without a file says what was in the way: the policy, or that the name is taken. No row: there is no such bucket,
# or the blob may not be committed.
_STORE = f"""
WITH admitting AS (
    {_POLICY.format(bucket="$2", size="$6")}
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
    {{keep}}
), counted AS (
    INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
    SELECT bucket, {SHARD}, size, 1 FROM stored
    ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + 1
), recorded AS (
    {recording("SELECT 'file.create', bucket, id, name, NULL FROM stored", 14)}
)
SELECT admits, has_quota, stored.* FROM admitting LEFT JOIN stored ON true
"""
_ROOM = f"""(
    SELECT coalesce(taken.bytes + $6 <= quota_bytes, true) AND coalesce(taken.files + 1 <= quota_files, true)
    FROM ({taken(bucket="$2", without="$8")}) AS taken
)"""
# Only where nobody has changed the file since the snapshot: the blob that it lets go of is in the snapshot then, too.
# Usage comes last, as everywhere.
_REPLACE = f"""
WITH admitting AS (
    {_POLICY.format(bucket="$1", size="$3")}
), seen AS (
    SELECT id AS seen_id, revision AS seen_revision, blob_key AS seen_key, size AS seen_size, default_ttl
    FROM files JOIN admitting ON bucket = own_bucket
    WHERE name = $10 AND {UNEXPIRED} AND admits AND NOT has_quota
), replaced AS (
    UPDATE files {replacing("default_ttl")}
    FROM seen WHERE id = seen_id AND revision = seen_revision
    RETURNING {COLUMNS}, seen_key, seen_size
), kept AS (
    {{keep}}
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
    {recording("SELECT 'file.replace', bucket, id, name, NULL FROM replaced", 12)}
)
SELECT {COLUMNS} FROM replaced
"""
_INLINE = _statements(
    may_commit="true",
    keep="""
    INSERT INTO blobs (key, state, file_count, size, sha256, crc32, content)
    SELECT blob_key, 'live', 1, size, sha256, {crc32}::bigint, {content}::bytea FROM {file}
    """,
)
_STAGED = _statements(
    may_commit="EXISTS (SELECT FROM blobs WHERE key = {key} AND state = 'staged' FOR NO KEY UPDATE)",
    keep="""
    UPDATE blobs
    SET state = 'live', file_count = 1, size = {file}.size, sha256 = {file}.sha256, crc32 = {crc32}::bigint,
        lease_until = NULL
    FROM {file} WHERE key = {file}.blob_key
    """,
)


async def commit_at_once(database: Database, new: NewFile, blob: Blob, grace: float) -> Stored:
    """Keep the promises of `Files.commit_file` in as few round trips as the bucket lets it."""
    if new.precondition.if_match is None:
        # The bytes of an inline blob are known already where this is repeated, for a file that has lost the name, or is
        # gone, since.
        with suppress(asyncpg.UniqueViolationError):
            if stored := await _store_or_replace(database, new, blob, grace):
                return stored
    return await database.transact(commit, new, blob, grace)


async def _store_or_replace(database: Database, new: NewFile, blob: Blob, grace: float) -> Stored | None:
    statements = _statements_for(blob)
    rows = await database.change(statements.store, *_values(new, blob))
    if stored := _created(rows):
        return stored
    if not rows or not rows[0]["admits"]:
        return None
    if rows[0]["has_quota"]:
        return await database.transact(_store_within_quota, new, blob, grace)
    if new.precondition != NO_PRECONDITION:
        return None
    values = new.content_type, blob.size, blob.sha256, blob.key, new.metadata, new.tags, new.attributes
    rows = await database.change(
        statements.replace, new.bucket, *values, grace, new.name, blob.crc32, *by(), *_content(blob)
    )
    return Stored(file=to_file(rows[0]), created=False) if rows else None


async def _store_within_quota(connection: Connection, new: NewFile, blob: Blob, grace: float) -> Stored:
    await lock_bucket(connection, new.bucket)
    rows = await connection.fetch(_statements_for(blob).store_within_quota, *_values(new, blob))
    return _created(rows) or await commit(connection, new, blob, grace)


def _created(rows: list[asyncpg.Record]) -> Stored | None:
    return Stored(file=to_file(rows[0]), created=True) if rows and rows[0]["id"] is not None else None


def _statements_for(blob: Blob) -> _Statements:
    return _STAGED if blob.content is None else _INLINE


def _values(new: NewFile, blob: Blob) -> tuple[object, ...]:
    return *described(new, blob), folded_name(new.name), blob.crc32, *by(), *_content(blob)


def _content(blob: Blob) -> tuple[bytes, ...]:
    return () if blob.content is None else (blob.content,)
