"""Files: found, changed, copied and deleted."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from adapters.postgres.blobs import release, share
from adapters.postgres.buckets import POLICY_COLUMNS, count_usage, lock_bucket, settle, to_policy
from adapters.postgres.commit import commit, insert, make_way
from adapters.postgres.connections import Connection
from adapters.postgres.database import Database, TryAgainError
from adapters.postgres.records import COLUMNS, UNEXPIRED, to_file
from domain.errors import InvalidExpiryError, NameTakenError, NoSuchFileError
from domain.model.blobs import Blob
from domain.model.buckets import Policy
from domain.model.files import Address, Destination, File, NewFile, Stored
from domain.model.names import search_words
from domain.model.preconditions import Precondition

_FILE = f"SELECT {COLUMNS} FROM files WHERE id = $1 AND {UNEXPIRED}"
_FILE_NAMED = f"SELECT {COLUMNS} FROM files WHERE bucket = $1 AND name = $2 AND {UNEXPIRED}"
_WITH_POLICY = (
    f"SELECT * FROM ({{}}) AS found JOIN (SELECT name AS bucket, {POLICY_COLUMNS} FROM buckets) AS own USING (bucket)"
)
_FILE_WITH_POLICY = _WITH_POLICY.format(_FILE)
_FILE_NAMED_WITH_POLICY = _WITH_POLICY.format(_FILE_NAMED)
# A file at a revision never changes, so it needs no lock to be looked at.
_FILE_AT_REVISION = f"""
SELECT {COLUMNS}, $3::timestamptz <= statement_timestamp() AS ends_at_once
FROM files WHERE id = $1 AND revision = $2 AND {UNEXPIRED}
"""
_CHANGE = f"""
UPDATE files
SET bucket = $3, name = $4, name_words = array_to_tsvector($5::text[]), content_type = $6, metadata = $7, tags = $8,
    expires_at = $9, revision = revision + 1, updated_at = greatest(updated_at, statement_timestamp())
WHERE id = $1 AND revision = $2 AND {UNEXPIRED}
RETURNING {COLUMNS}
"""
_DELETE = "DELETE FROM files WHERE id = $1"
_DELETE_EXPIRED = """
WITH expired AS (
    SELECT id FROM files WHERE expires_at <= statement_timestamp()
    ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM files USING expired WHERE files.id = expired.id
RETURNING bucket, size, blob_key
"""


class PostgresFiles:
    """The `Files` part of the catalog, but for listings."""

    def __init__(self, database: Database, *, grace: float) -> None:
        self._database = database
        self._grace = grace

    async def commit_file(self, new: NewFile, blob: Blob) -> Stored:
        return await self._database.transact(commit, new, blob, self._grace)

    async def file(self, id: UUID) -> File:
        return _only(await self._database.read(_FILE, id))

    async def file_named(self, bucket: str, name: str) -> File:
        return _only(await self._database.read(_FILE_NAMED, bucket, name))

    async def file_with_policy(self, address: Address) -> tuple[File, Policy]:
        if isinstance(address, UUID):
            rows = await self._database.read(_FILE_WITH_POLICY, address)
        else:
            rows = await self._database.read(_FILE_NAMED_WITH_POLICY, address.bucket, address.name)
        return _only(rows), to_policy(rows[0])

    async def change_file(self, changed: File) -> File | None:
        return await self._database.transact(_change, changed, self._grace)

    async def copy_file(self, id: UUID, to: Destination, precondition: Precondition) -> File:
        return await self._database.transact(_copy, id, to, precondition, self._grace)

    async def delete_file(self, id: UUID, precondition: Precondition) -> None:
        await self._database.transact(_delete, id, precondition, self._grace)

    async def expire_files(self, *, limit: int) -> int:
        return await self._database.transact(_expire, limit, self._grace)


async def _change(connection: Connection, changed: File, grace: float) -> File | None:
    row = await connection.fetchrow(_FILE_AT_REVISION, changed.id, changed.revision, changed.expires_at)
    if row is None:
        return None
    current = to_file(row)
    if row["ends_at_once"] and changed.expires_at != current.expires_at:
        raise InvalidExpiryError("expires_at is not in the future.")
    is_moved = changed.bucket != current.bucket
    added = current.size if is_moved else 0
    policy = Policy()
    if is_moved or changed.content_type != current.content_type:
        policy = await lock_bucket(connection, changed.bucket)
        policy.admit(content_type=changed.content_type, size=current.size if is_moved else None)
    if is_moved or changed.name != current.name:
        await make_way(connection, changed.bucket, changed.name, grace=grace)
    await settle(connection, changed.bucket, policy, added=added)
    row = await connection.fetchrow(
        _CHANGE,
        changed.id,
        changed.revision,
        changed.bucket,
        changed.name,
        search_words(changed.name),
        changed.content_type,
        changed.metadata,
        changed.tags,
        changed.expires_at,
    )
    if row is None:
        return None
    if is_moved:
        await count_usage(connection, [(current.bucket, -added, -1), (changed.bucket, added, 1)])
    return to_file(row)


async def _copy(connection: Connection, id: UUID, to: Destination, precondition: Precondition, grace: float) -> File:
    seen = _only(await connection.fetch(_FILE, id))
    precondition.check(seen)
    bucket, name = to.bucket or seen.bucket, to.name or seen.name
    policy = await lock_bucket(connection, bucket)
    # Looked at again, now that nothing can change it: buckets are locked before files, everywhere.
    original = _only(await connection.fetch(f"{_FILE} FOR SHARE", id))
    precondition.check(original)
    if (original.bucket, original.name) != (seen.bucket, seen.name):
        raise TryAgainError
    policy.admit(content_type=original.content_type, size=original.size)
    # The original itself makes no way, even if it has expired by now: its blob is about to be shared.
    if (bucket, name) != (original.bucket, original.name):
        await make_way(connection, bucket, name, grace=grace)
    await settle(connection, bucket, policy, added=original.size)
    new = NewFile(
        bucket=bucket,
        name=name,
        content_type=original.content_type,
        metadata=original.metadata,
        tags=original.tags,
    )
    await share(connection, original.blob_key)
    blob = Blob(key=original.blob_key, size=original.size, sha256=original.sha256)
    copy = await insert(connection, new, blob, policy.default_ttl)
    if copy is None:
        raise NameTakenError("Another file in the bucket has that name.")
    return copy


async def _delete(connection: Connection, id: UUID, precondition: Precondition, grace: float) -> None:
    file = _only(await connection.fetch(f"{_FILE} FOR UPDATE", id))
    precondition.check(file)
    await connection.execute(_DELETE, id)
    await release(connection, [file.blob_key], grace=grace)
    await count_usage(connection, [(file.bucket, -file.size, -1)])


async def _expire(connection: Connection, limit: int, grace: float) -> int:
    rows = await connection.fetch(_DELETE_EXPIRED, limit)
    if rows:
        await release(connection, [row["blob_key"] for row in rows], grace=grace)
        await count_usage(connection, [(row["bucket"], -row["size"], -1) for row in rows])
    return len(rows)


def _only(rows: Sequence[asyncpg.Record]) -> File:
    if not rows:
        raise NoSuchFileError("There is no such file.")
    return to_file(rows[0])
