"""Resumable uploads and their progress."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.commit import commit
from adapters.postgres.files.search.areas import is_shown
from adapters.postgres.files.search.values import Values
from adapters.postgres.idempotency import finishing
from adapters.postgres.quotas.room import reserve
from adapters.postgres.recording import by, recording
from domain.access.callers import Caller
from domain.access.visibility import Visibility
from domain.blobs.model import Blob
from domain.blobs.partials import Progress
from domain.errors import LeaseLostError
from domain.files.model import NewFile, Stored
from domain.files.terms import NO_TERMS, Terms
from domain.idempotency.model import KeyClaim
from domain.uploads.access import require_upload
from domain.uploads.errors import UploadExpiredError, no_such_upload
from domain.uploads.model import LockState, NewUpload, Upload
from domain.values.preconditions import Precondition

COLUMNS = """
id, kind, blob_key, length, size, store_state, bucket, name, content_type, metadata, tags, precondition, given, concat,
parts, owner, terms, is_finished, file_id, is_wanted, created_at, expires_at,
CASE WHEN held_until IS NULL THEN 'free' WHEN held_until > statement_timestamp() THEN 'held' ELSE 'left' END AS hold
"""
ALIVE = "expires_at > statement_timestamp()"
FROM_NOW = "statement_timestamp() + make_interval(secs => {})"

_RESERVE = f"INSERT INTO blobs (key, state, lease_until) VALUES ($1, 'staged', {FROM_NOW.format('$2')})"
_RECORDED = "SELECT '{action}', bucket, NULL::uuid, name, id::text FROM {uploads}"
_CREATE = f"""
WITH created AS (
    INSERT INTO uploads (
        id, kind, blob_key, length, bucket, name, content_type, metadata, tags, precondition, given, concat, parts,
        owner, terms, expires_at
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, {FROM_NOW.format("$16")})
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="upload.begin", uploads="created"), 17)}
)
SELECT {COLUMNS} FROM created
"""
FIND = f"SELECT {COLUMNS}, {ALIVE} AS is_alive FROM uploads WHERE id = $1"
_UPLOADS = f"SELECT {COLUMNS} FROM uploads WHERE id = ANY($1::uuid[]) AND {ALIVE}"
_UNFINISHED_FINALS = "SELECT id FROM uploads WHERE parts @> ARRAY[$1::uuid] AND NOT is_finished"
_SAVE = f"""
WITH saved AS (
    UPDATE uploads
    SET size = $3, store_state = $4, held_until = {FROM_NOW.format("$5")},
        expires_at = greatest(expires_at, {FROM_NOW.format("$6")})
    WHERE id = $1 AND epoch = $2 AND held_until IS NOT NULL
    RETURNING blob_key
)
UPDATE blobs SET lease_until = greatest(lease_until, {FROM_NOW.format("$6")})
FROM saved WHERE blobs.key = saved.blob_key AND state = 'staged'
RETURNING key
"""
_SET_LENGTH = "UPDATE uploads SET length = $3 WHERE id = $1 AND epoch = $2 RETURNING id"
_FINISH_PART = """
UPDATE uploads SET is_finished = true, held_until = NULL, is_wanted = false WHERE id = $1 AND epoch = $2 RETURNING id
"""
_LOCK = "SELECT parts, blob_key FROM uploads WHERE id = $1 AND epoch = $2 FOR UPDATE"
_FINISH = f"""
UPDATE uploads
SET is_finished = true, file_id = $2, held_until = NULL, is_wanted = false, size = $3, length = $3,
    expires_at = {FROM_NOW.format("$4")}
WHERE id = $1
"""
_CURTAIL_PARTS = f"""
WITH parts AS (SELECT id FROM uploads WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE)
UPDATE uploads SET expires_at = least(expires_at, {FROM_NOW.format("$2")})
FROM parts WHERE uploads.id = parts.id
RETURNING blob_key
"""
_CURTAIL_LEASES = f"""
WITH leased AS (
    SELECT key FROM blobs WHERE key = ANY($1::text[]) AND state = 'staged' ORDER BY key FOR UPDATE
)
UPDATE blobs SET lease_until = least(lease_until, {FROM_NOW.format("$2")})
FROM leased WHERE blobs.key = leased.key
"""
_END = f"""
WITH ended AS (
    DELETE FROM uploads WHERE id = $1 AND epoch = $2 RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="upload.end", uploads="ended"), 3)}
)
SELECT blob_key FROM ended
"""
_CONDEMN = f"""
UPDATE blobs SET state = 'condemned', lease_until = NULL, due_at = {FROM_NOW.format("$2")}, epoch = epoch + 1
WHERE key = $1 AND state = 'staged'
"""
_FORGET = f"""
WITH expired AS (
    SELECT id FROM uploads WHERE expires_at <= {FROM_NOW.format("-$1::float8")}
    ORDER BY expires_at LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM uploads USING expired WHERE uploads.id = expired.id
RETURNING uploads.id
"""


class PostgresUploads:
    """Keep the port `Uploads`."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def create_upload(
        self, new: NewUpload, claim: KeyClaim | None = None, *, id: UUID, blob_key: str, ttl: float
    ) -> Upload:
        return await self._database.transact(finishing(claim, _create), new, id, blob_key, ttl)

    async def get_upload(self, caller: Caller, id: UUID) -> Upload:
        return to_alive_upload(caller, await self._database.read(FIND, id))

    async def get_uploads(self, ids: Sequence[UUID]) -> dict[UUID, Upload]:
        return {row["id"]: to_upload(row) for row in await self._database.read(_UPLOADS, ids)}

    async def list_uploads(
        self, visibility: Visibility, *, bucket: str | None, after: UUID | None, limit: int
    ) -> list[Upload]:
        values = Values()
        conditions = ["NOT is_finished", ALIVE, is_shown(visibility, values)]
        if bucket is not None:
            conditions.append(f"bucket = {values.bind(bucket, 'text')}")
        if after is not None:
            conditions.append(f"id > {values.bind(after, 'uuid')}")
        shown = f"SELECT {COLUMNS} FROM uploads WHERE {' AND '.join(conditions)}"
        sql = f"{shown} ORDER BY id LIMIT {values.bind(limit, 'bigint')}"
        return [to_upload(row) for row in await self._database.read(sql, *values.bound)]

    async def list_unfinished_finals(self, part: UUID) -> list[UUID]:
        return [row["id"] for row in await self._database.read(_UNFINISHED_FINALS, part)]

    async def save_progress(self, id: UUID, epoch: int, progress: Progress, *, lease: float, ttl: float) -> None:
        only_held(await self._database.change(_SAVE, id, epoch, progress.size, dict(progress.state), lease, ttl))

    async def set_length(self, id: UUID, epoch: int, length: int) -> None:
        only_held(await self._database.change(_SET_LENGTH, id, epoch, length))

    async def finish_part(self, id: UUID, epoch: int) -> None:
        only_held(await self._database.change(_FINISH_PART, id, epoch))

    async def finish_upload(self, id: UUID, epoch: int, new: NewFile, blob: Blob, *, kept: float) -> Stored:
        async def finish(connection: Connection) -> Stored:
            locked = only_held(await connection.fetch(_LOCK, id, epoch))
            if blob.key != locked["blob_key"]:
                await connection.execute(_CONDEMN, locked["blob_key"], self._grace)
            parts = locked["parts"]
            stored = await commit(connection, new, blob, self._grace)
            await connection.execute(_FINISH, id, stored.file.id, blob.size, kept)
            if parts:
                keys = [row["blob_key"] for row in await connection.fetch(_CURTAIL_PARTS, parts, kept)]
                await connection.execute(_CURTAIL_LEASES, keys, kept)
            return stored

        return await self._database.transact(finish)

    async def end_upload(self, id: UUID, epoch: int, *, at_once: bool) -> None:
        await self._database.transact(_end, id, epoch, 0.0 if at_once else self._grace)

    async def forget_uploads(self, *, kept: float, limit: int) -> int:
        return len(await self._database.change(_FORGET, kept, limit))


async def _create(connection: Connection, new: NewUpload, id: UUID, blob_key: str, ttl: float) -> Upload:
    await connection.execute(_RESERVE, blob_key, ttl)
    target = new.target
    if new.room is not None:
        await reserve(connection, blob_key, new.room)
    [row] = await connection.fetch(
        _CREATE,
        id,
        new.kind,
        blob_key,
        new.length,
        target and target.bucket,
        target and target.name,
        target and target.content_type,
        target and target.metadata,
        target and target.tags,
        target and msgspec.to_builtins(target.precondition),
        new.given,
        new.concat,
        new.parts,
        new.owner,
        None if target is None or target.terms == NO_TERMS else msgspec.to_builtins(target.terms),
        ttl,
        *by(),
    )
    return to_upload(row)


async def _end(connection: Connection, id: UUID, epoch: int, grace: float) -> None:
    key = only_held(await connection.fetch(_END, id, epoch, *by()))["blob_key"]
    await connection.execute(_CONDEMN, key, grace)


def to_alive_upload(caller: Caller, rows: list[asyncpg.Record]) -> Upload:
    if not rows:
        raise no_such_upload()
    upload = to_upload(rows[0])
    require_upload(caller, upload)
    if not rows[0]["is_alive"]:
        raise expired()
    return upload


def only_held(rows: list[asyncpg.Record]) -> asyncpg.Record:
    if not rows:
        raise LeaseLostError("Another request has taken the upload over.")
    return rows[0]


def expired() -> UploadExpiredError:
    return UploadExpiredError("The upload was left alone for too long; begin another.")


def to_upload(row: asyncpg.Record) -> Upload:
    lock_state: LockState = row["hold"]
    state = row["store_state"]
    return Upload(
        id=row["id"],
        kind=row["kind"],
        target=_to_target(row),
        length=row["length"],
        given=row["given"],
        concat=row["concat"],
        parts=tuple(row["parts"]),
        blob_key=row["blob_key"],
        progress=None if state is None else Progress(size=row["size"], state=state),
        is_finished=row["is_finished"],
        file_id=row["file_id"],
        lock_state=lock_state,
        is_release_requested=row["is_wanted"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        owner=row["owner"],
    )


def _to_target(row: asyncpg.Record) -> NewFile | None:
    if row["bucket"] is None:
        return None
    tags = row["tags"]
    return NewFile(
        bucket=row["bucket"],
        name=row["name"],
        content_type=row["content_type"],
        metadata=row["metadata"],
        tags=None if tags is None else tuple(tags),
        precondition=msgspec.convert(row["precondition"], Precondition),
        terms=NO_TERMS if row["terms"] is None else msgspec.convert(row["terms"], Terms),
    )
