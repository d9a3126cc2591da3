"""Step 3 of the write protocol: a file is pointed at its blob."""

import asyncpg

from adapters.postgres.blobs import make_live, release
from adapters.postgres.buckets import SHARD, count_usage, lock_bucket
from adapters.postgres.database.connections import Connection
from adapters.postgres.files.records import COLUMNS, UNEXPIRED, to_file
from adapters.postgres.files.search.names import folded_name
from adapters.postgres.idempotency import finish
from adapters.postgres.quotas.room import check_room
from adapters.postgres.recording import by, recording
from domain.access.callers import SYSTEM
from domain.blobs.model import Blob
from domain.buckets.model import Growth
from domain.errors import LeaseLostError
from domain.files.model import File, NewFile, Stored
from domain.files.names import search_words
from domain.idempotency.model import KeyClaim
from domain.values.ids import new_id

_FILE_OF_BLOB = f"SELECT {COLUMNS} FROM files WHERE blob_key = $1 AND {UNEXPIRED} ORDER BY created_at, id LIMIT 1"
_TOUCH = "UPDATE blobs SET state = state WHERE key = $1 AND state = 'live'"
_CURRENT = f"SELECT {COLUMNS}, NOT {UNEXPIRED} AS is_expired FROM files WHERE bucket = $1 AND name = $2 FOR UPDATE"
_EXPIRED = f"SELECT {COLUMNS} FROM files WHERE bucket = $1 AND name = $2 AND NOT {UNEXPIRED} FOR UPDATE"
_EXPIRE = f"""
WITH deleted AS (DELETE FROM files WHERE id = $1 RETURNING id, bucket, name)
{recording("SELECT 'file.expire', bucket, id, name, NULL FROM deleted", 2)}
"""
# $17 to $19 are the file that the new one is a copy of.
_INSERTED = """
SELECT CASE WHEN $19::uuid IS NULL THEN 'file.create' ELSE 'file.copy_to' END, bucket, id, name, NULL FROM stored
UNION ALL
SELECT 'file.copy_from', $17::text, $19, $18::text, NULL FROM stored WHERE $19 IS NOT NULL
"""
_INSERT = f"""
WITH stored AS (
    INSERT INTO files (
        id, bucket, name, name_words, content_type, size, sha256, blob_key, metadata, tags, attributes, revision,
        created_at, updated_at, expires_at, folded_from, folded_name
    ) VALUES (
        $1, $2, $3, array_to_tsvector($4::text[]), $5, $6, $7, $8, $9, $10, $11, 1,
        statement_timestamp(), statement_timestamp(), statement_timestamp() + make_interval(secs => $12),
        CASE WHEN $13::text IS NOT NULL THEN $3 END, $13
    )
    ON CONFLICT (bucket, name) DO NOTHING
    RETURNING {COLUMNS}
), counted AS (
    INSERT INTO bucket_usage AS used (bucket, shard, bytes, files)
    SELECT bucket, {SHARD}, size, 1 FROM stored
    ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + excluded.bytes, files = used.files + 1
), recorded AS (
    {recording(_INSERTED, 14)}
)
SELECT {COLUMNS} FROM stored
"""


# `Attributes.kept`.
_KEPT_ATTRIBUTES = "CASE WHEN attributes ? 'labels' THEN jsonb_build_object('labels', attributes -> 'labels') END"


def replacing(default_ttl: str) -> str:
    """Return the SET of an update that points a file at another blob. The parameters 2 to 8 are of the new file."""
    return f"""
    SET content_type = $2, size = $3, sha256 = $4, blob_key = $5,
        metadata = coalesce($6, metadata), tags = coalesce($7, tags), attributes = coalesce($8, {_KEPT_ATTRIBUTES}),
        revision = revision + 1,
        updated_at = greatest(updated_at, statement_timestamp()),
        expires_at = CASE
            WHEN keeps_expiry THEN expires_at ELSE statement_timestamp() + make_interval(secs => {default_ttl})
        END
    """


_REPLACE = f"""
WITH replaced AS (
    UPDATE files {replacing("$9")}
    WHERE id = $1
    RETURNING {COLUMNS}
), recorded AS (
    {recording("SELECT 'file.replace', bucket, id, name, NULL FROM replaced", 10)}
)
SELECT {COLUMNS} FROM replaced
"""


async def commit(
    connection: Connection, new: NewFile, blob: Blob, grace: float, claim: KeyClaim | None = None
) -> Stored:
    """Keep the promises of `Files.commit_file`.

    Locks are taken in one order by all: the caller's own staged blob, buckets, files, other blobs, usage, the caller's
    own idempotency key. What the blob has reserved of a quota ends when it is live, and is not in the way of its file.
    """
    if not await make_live(connection, blob):
        # The commit that made it live has finished the claim, too.
        return await _find_committed(connection, blob)
    stored = await publish(connection, new, blob, grace)
    if claim:
        await finish(connection, claim, stored)
    return stored


async def insert(
    connection: Connection, new: NewFile, blob: Blob, default_ttl: int | None, *, original: File | None = None
) -> File | None:
    """Create the file on a live blob, and count it, as a copy of the `original` where there is one.

    Returns None where the name is taken.
    """
    row = await connection.fetchrow(
        _INSERT,
        *described(new, blob),
        default_ttl,
        folded_name(new.name),
        *by(),
        original and original.bucket,
        original and original.name,
        original and original.id,
    )
    return None if row is None else to_file(row)


def described(new: NewFile, blob: Blob) -> tuple[object, ...]:
    """Return the values of a new row of a file, the first of the statements that make one: its id to its attributes."""
    return (
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
        new.attributes,
    )


async def make_way(connection: Connection, bucket: str, name: str, *, grace: float) -> None:
    """Delete the file of that name if it has expired."""
    if row := await connection.fetchrow(_EXPIRED, bucket, name):
        await _expire(connection, row, grace)


async def publish(
    connection: Connection, new: NewFile, blob: Blob, grace: float, *, original: File | None = None
) -> Stored:
    """Point the file at a live blob, on which it is counted already, as a copy of the `original` where there is one."""
    policy = await lock_bucket(connection, new.bucket)
    policy.admit(content_type=new.content_type, size=blob.size)
    # Most uploads make a new file, and may: then the insert is tried without a look.
    looks_first = policy.has_quota or new.precondition.if_match is not None
    if not looks_first and (created := await insert(connection, new, blob, policy.default_ttl, original=original)):
        return Stored(file=created, created=True)
    while True:
        replaced = await _lock_current(connection, new, grace)
        new.precondition.check(replaced)
        added = blob.size - (replaced.size if replaced else 0)
        growth = Growth(bytes=added, files=0 if replaced else 1)
        await check_room(connection, new.bucket, policy, growth, replaced=replaced.id if replaced else None)
        if replaced:
            file = await _replace(connection, replaced, new, blob, policy.default_ttl)
            await release(connection, [replaced.blob_key], grace=grace)
            if added:
                await count_usage(connection, [(new.bucket, added, 0)])
            return Stored(file=file, created=False)
        if created := await insert(connection, new, blob, policy.default_ttl, original=original):
            return Stored(file=created, created=True)
        # Another upload of that name was quicker; its file is there to be replaced now.


async def _find_committed(connection: Connection, blob: Blob) -> Stored:
    # Written, so that this commit waits for the replicas that the first one may not have waited for.
    await connection.execute(_TOUCH, blob.key)
    row = await connection.fetchrow(_FILE_OF_BLOB, blob.key)
    if row is None:
        raise LeaseLostError("The upload's lease has ended.")
    return Stored(file=to_file(row), created=row["revision"] == 1)


async def _lock_current(connection: Connection, new: NewFile, grace: float) -> File | None:
    row = await connection.fetchrow(_CURRENT, new.bucket, new.name)
    if row is not None and row["is_expired"]:
        await _expire(connection, row, grace)
        return None
    return None if row is None else to_file(row)


async def _replace(connection: Connection, replaced: File, new: NewFile, blob: Blob, default_ttl: int | None) -> File:
    [row] = await connection.fetch(
        _REPLACE,
        replaced.id,
        new.content_type,
        blob.size,
        blob.sha256,
        blob.key,
        new.metadata,
        new.tags,
        new.attributes,
        default_ttl,
        *by(),
    )
    return to_file(row)


async def _expire(connection: Connection, row: asyncpg.Record, grace: float) -> None:
    await connection.execute(_EXPIRE, row["id"], *by(SYSTEM))
    await release(connection, [row["blob_key"]], grace=grace)
    await count_usage(connection, [(row["bucket"], -row["size"], -1)])
