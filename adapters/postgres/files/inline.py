"""Small files whose bytes are in the catalog: stored by one statement, which is the transaction."""

import asyncpg

from adapters.postgres.buckets import SHARD
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.records import COLUMNS, to_file
from adapters.postgres.files.search.names import folded_name
from adapters.postgres.recording import by, recording
from domain.blobs.model import Blob
from domain.files.model import NewFile, Stored
from domain.files.names import search_words
from domain.values.ids import new_id

# Only into a bucket whose policy asks no more than a size, and only under a free name: for all else there is no row,
# and nothing was stored. Whoever changes a policy locks the table of buckets, which this statement shares from before
# its snapshot until its commit, by FOR KEY SHARE: so no policy that it has not seen can hold by then.
_STORE = f"""
WITH admitting AS (
    SELECT name, default_ttl FROM buckets
    WHERE name = $2 AND allowed_types IS NULL AND coalesce(max_file_size >= $6, true)
        AND quota_bytes IS NULL AND quota_files IS NULL
    FOR KEY SHARE
), stored AS (
    INSERT INTO files (
        id, bucket, name, name_words, content_type, size, sha256, blob_key, metadata, tags, revision,
        created_at, updated_at, expires_at, folded_from, folded_name
    )
    SELECT $1::uuid, name, $3, array_to_tsvector($4::text[]), $5, $6::bigint, $7, $8, $9, $10, 1,
        statement_timestamp(), statement_timestamp(), statement_timestamp() + make_interval(secs => default_ttl),
        CASE WHEN $11::text IS NOT NULL THEN $3 END, $11
    FROM admitting
    ON CONFLICT (bucket, name) DO NOTHING
    RETURNING {COLUMNS}
), kept AS (
    INSERT INTO blobs (key, state, file_count, size, sha256, crc32, content)
    SELECT blob_key, 'live', 1, size, sha256, $12::bigint, $13::bytea FROM stored
), counted AS (
    INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
    SELECT bucket, {SHARD}, size, 1 FROM stored
    ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + 1
), recorded AS (
    {recording("SELECT 'file.create', bucket, id, name, NULL FROM stored", 14)}
)
SELECT {COLUMNS} FROM stored
"""


async def store_new(database: Database, new: NewFile, blob: Blob) -> Stored | None:
    """Keep the promises of `Files.commit_file` for an inline blob, where one statement can. Else change nothing.

    Returns None then. It can where the file is a new one, in a bucket without a quota and without allowed types.
    """
    if new.precondition.if_match is not None:
        return None
    try:
        rows = await database.change(
            _STORE,
            new_id(),
            new.bucket,
            new.name,
            search_words(new.name),
            new.content_type,
            blob.size,
            blob.sha256,
            blob.key,
            {} if new.metadata is None else new.metadata,
            new.tags or (),
            folded_name(new.name),
            blob.crc32,
            blob.content,
            *by(),
        )
    except asyncpg.UniqueViolationError:
        return None  # repeated for a file that has lost the name, or is gone, since
    return Stored(file=to_file(rows[0]), created=True) if rows else None
