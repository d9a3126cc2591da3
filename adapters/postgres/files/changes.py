"""Changes of files that are stored: each a few statements of a transaction that its caller began.

Locks are taken in the order that `commit` names.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from adapters.postgres.blobs import release, share
from adapters.postgres.buckets import count_usage, lock_bucket
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import TryAgainError
from adapters.postgres.files.commit import insert, make_way, publish
from adapters.postgres.files.records import COLUMNS, FILE, FILE_FOUND, UNEXPIRED, only, to_file
from adapters.postgres.files.search.names import folded_name
from adapters.postgres.quotas.room import check_room
from adapters.postgres.recording import by, recording
from domain.access.callers import Caller
from domain.batches.model import Copy, Delete
from domain.blobs.model import Blob
from domain.buckets.model import Growth, Policy
from domain.errors import FileportError
from domain.files.access import require_copy, require_delete
from domain.files.errors import InvalidExpiryError, NameTakenError, no_such_file
from domain.files.model import Address, Destination, File, Location, NewFile, Stored
from domain.files.names import search_words
from domain.files.new_copy import NewCopy
from domain.values.media_types import renamed_type
from domain.values.preconditions import Precondition

# A file at a revision never changes, so it needs no lock to be looked at.
_FILE_AT_REVISION = f"""
SELECT {COLUMNS}, $3::timestamptz <= statement_timestamp() AS ends_at_once
FROM files WHERE id = $1 AND revision = $2 AND {UNEXPIRED}
"""
# $16 and $17 are the bucket and the name that it had.
_CHANGED = """
SELECT CASE WHEN (bucket, name) = ($16::text, $17::text) THEN 'file.change' ELSE 'file.move_to' END,
    bucket, id, name, NULL
FROM changed
UNION ALL
SELECT 'file.move_from', $16, id, $17, NULL FROM changed WHERE (bucket, name) <> ($16, $17)
"""
_CHANGE = f"""
WITH changed AS (
    UPDATE files
    SET bucket = $3, name = $4, name_words = array_to_tsvector($5::text[]), content_type = $6, metadata = $7, tags = $8,
        expires_at = $9, keeps_expiry = $10, attributes = $11, revision = revision + 1,
        updated_at = greatest(updated_at, statement_timestamp()),
        folded_from = CASE WHEN $12::text IS NOT NULL THEN $4 END, folded_name = $12
    WHERE id = $1 AND revision = $2 AND {UNEXPIRED}
    RETURNING {COLUMNS}
), recorded AS (
    {recording(_CHANGED, 13)}
)
SELECT {COLUMNS} FROM changed
"""
_LOCK_BY_ID = f"SELECT {COLUMNS} FROM files WHERE id = ANY($1::uuid[]) AND {UNEXPIRED} ORDER BY id FOR UPDATE"
LOCK_BY_NAME = f"""
SELECT {COLUMNS} FROM files
WHERE (bucket, name) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND {UNEXPIRED}
ORDER BY id FOR UPDATE
"""
_DELETE = f"""
WITH deleted AS (DELETE FROM files WHERE id = ANY($1::uuid[]) RETURNING id, bucket, name)
{recording("SELECT 'file.delete', bucket, id, name, NULL FROM deleted", 2)}
"""
_DELETE_EXPIRED = f"""
WITH expired AS (
    SELECT id FROM files WHERE expires_at <= statement_timestamp()
    ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM files USING expired WHERE files.id = expired.id
    RETURNING files.id, bucket, name, size, blob_key
), recorded AS (
    {recording("SELECT 'file.expire', bucket, id, name, NULL FROM deleted", 2)}
)
SELECT bucket, size, blob_key FROM deleted
"""


async def find(connection: Connection, address: Address, *, lock: str = "") -> File:
    """Return the file, locked as `lock` says. Raises `NoSuchFileError`."""
    if isinstance(address, Location):
        return only(await connection.fetch(f"{FILE_FOUND} {lock}", address.bucket, address.forms))
    return only(await connection.fetch(f"{FILE} {lock}", address))


async def change(connection: Connection, changed: File, grace: float) -> File | None:
    """Keep the promises of `Files.change_file`."""
    row = await connection.fetchrow(_FILE_AT_REVISION, changed.id, changed.revision, changed.expires_at)
    if row is None:
        return None
    current = to_file(row)
    if row["ends_at_once"] and changed.expires_at != current.expires_at:
        raise InvalidExpiryError("expires_at is not in the future.")
    is_moved = changed.bucket != current.bucket
    policy = Policy()
    if is_moved or changed.content_type != current.content_type:
        policy = await lock_bucket(connection, changed.bucket)
        policy.admit(content_type=changed.content_type, size=current.size if is_moved else None)
    if is_moved or changed.name != current.name:
        await make_way(connection, changed.bucket, changed.name, grace=grace)
    if is_moved:
        await check_room(connection, changed.bucket, policy, Growth(bytes=current.size, files=1))
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
        changed.keeps_expiry,
        changed.attributes,
        folded_name(changed.name),
        *by(),
        current.bucket,
        current.name,
    )
    if row is None:
        return None
    if is_moved:
        await count_usage(connection, [(current.bucket, -current.size, -1), (changed.bucket, current.size, 1)])
    return to_file(row)


async def copy(connection: Connection, caller: Caller, asked: Copy, grace: float) -> File:
    """Keep the promises of `Files.copy_file`."""
    to = asked.to
    seen = await find(connection, asked.address)
    require_copy(caller, seen, to)
    asked.precondition.check(seen)
    bucket, name = to.bucket or seen.bucket, to.name or seen.name
    policy = await lock_bucket(connection, bucket)
    # Looked at again, now that nothing can change it: buckets are locked before files, everywhere.
    original = await find(connection, seen.id, lock="FOR SHARE")
    if (original.bucket, original.name) != (seen.bucket, seen.name):
        raise TryAgainError
    asked.precondition.check(original)
    content_type = renamed_type(original.content_type, original.name, name)
    policy.admit(content_type=content_type, size=original.size)
    # The original itself makes no way, even if it has expired by now: its blob is about to be shared.
    if (bucket, name) != (original.bucket, original.name):
        await make_way(connection, bucket, name, grace=grace)
    await check_room(connection, bucket, policy, Growth(bytes=original.size, files=1))
    new = NewFile(
        bucket=bucket,
        name=name,
        content_type=content_type,
        metadata=original.metadata,
        tags=original.tags,
        attributes=original.attributes,
    )
    await share(connection, original.blob_key)
    blob = Blob(key=original.blob_key, size=original.size, sha256=original.sha256)
    made = await insert(connection, new, blob, policy.default_ttl, original=original)
    if made is None:
        raise NameTakenError("Another file in the bucket has that name.")
    return made


async def copy_over(connection: Connection, caller: Caller, new: NewCopy, grace: float) -> Stored:
    """Keep the promises of `Files.copy_over`."""
    seen = await find(connection, new.source)
    require_copy(caller, seen, Destination(bucket=new.to.bucket, name=new.to.name))
    new.source_precondition.check_source(seen)
    await lock_bucket(connection, new.to.bucket)
    # Both at once, so that copies which cross each other wait in one order.
    buckets, names = [seen.bucket, new.to.bucket], [seen.name, new.to.name]
    files = map(to_file, await connection.fetch(LOCK_BY_NAME, buckets, names))
    original = next((each for each in files if each.id == seen.id), None)
    if original is None or (original.bucket, original.name) != (seen.bucket, seen.name):
        raise TryAgainError
    new.source_precondition.check_source(original)
    await share(connection, original.blob_key)
    blob = Blob(key=original.blob_key, size=original.size, sha256=original.sha256)
    return await publish(connection, new.of(original), blob, grace, original=original)


async def delete(
    connection: Connection, caller: Caller, deletions: Sequence[Delete], grace: float
) -> list[FileportError | None]:
    """Keep the promises of `Files.delete_file` for each, and return why not, None where the file is gone."""
    found = await _lock(connection, [each.address for each in deletions])
    gone: dict[UUID, File] = {}
    refusals: list[FileportError | None] = []
    for each in deletions:
        files = (found[form] for form in _forms(each.address) if form in found)
        file = next((file for file in files if file.id not in gone), None)
        refusal = no_such_file() if file is None else _refusal(caller, file, each.precondition)
        if file is not None and refusal is None:
            gone[file.id] = file
        refusals.append(refusal)
    if gone:
        await connection.execute(_DELETE, list(gone), *by())
        await release(connection, [file.blob_key for file in gone.values()], grace=grace)
        await count_usage(connection, [(file.bucket, -file.size, -1) for file in gone.values()])
    return refusals


async def expire(connection: Connection, limit: int, grace: float) -> int:
    """Keep the promises of `Files.expire_files`."""
    rows = await connection.fetch(_DELETE_EXPIRED, limit, *by())
    if rows:
        await release(connection, [row["blob_key"] for row in rows], grace=grace)
        await count_usage(connection, [(row["bucket"], -row["size"], -1) for row in rows])
    return len(rows)


async def _lock(connection: Connection, addresses: Sequence[Address]) -> Mapping[Address, File]:
    ids = [each for each in addresses if isinstance(each, UUID)]
    places = [form for each in addresses for form in _forms(each) if isinstance(form, Location)]
    found: dict[Address, File] = {}
    if ids:
        found |= {file.id: file for file in map(to_file, await connection.fetch(_LOCK_BY_ID, ids))}
    if places:
        buckets, names = [each.bucket for each in places], [each.name for each in places]
        files = map(to_file, await connection.fetch(LOCK_BY_NAME, buckets, names))
        found |= {Location(file.bucket, file.name): file for file in files}
    return found


def _forms(address: Address) -> Sequence[Address]:
    """Return the addresses at which the file is looked for, one after another."""
    if isinstance(address, Location):
        return [Location(address.bucket, name) for name in address.forms]
    return [address]


def _refusal(caller: Caller, file: File, precondition: Precondition) -> FileportError | None:
    try:
        require_delete(caller, file)
        precondition.check(file)
    except FileportError as refusal:
        return refusal
    return None
