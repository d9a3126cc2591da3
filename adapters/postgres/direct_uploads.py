"""Uploads whose bytes clients send to the blob store themselves."""

from uuid import UUID

import asyncpg
import msgspec
from msgspec.structs import replace

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.commit import commit
from adapters.postgres.files.records import COLUMNS, UNEXPIRED, to_file
from adapters.postgres.files.search.areas import is_shown
from adapters.postgres.files.search.values import Values
from adapters.postgres.idempotency import finishing
from adapters.postgres.recording import by, recording
from domain.access.visibility import Visibility
from domain.blobs.model import Blob
from domain.direct_uploads.errors import DirectUploadEndedError, no_such_direct_upload
from domain.direct_uploads.model import DirectUpload, Failure, NewDirectUpload
from domain.errors import LeaseLostError
from domain.files.errors import no_such_file
from domain.files.model import NewFile, Stored
from domain.idempotency.model import KeyClaim
from domain.values.digests import Digest
from domain.values.ids import new_id
from domain.values.preconditions import Precondition

# A completion is claimed for as long as its blob is staged and leased: both are held, given up and lost as one.
_UPLOAD_COLUMNS = """
id, bucket, name, content_type, size, sha256, metadata, tags, precondition, part_size, staging_key, multipart_id,
final_key, file_id, failure, owner, created_at, expires_at,
CASE
    WHEN state = 'open' AND EXISTS (
        SELECT FROM blobs
        WHERE key = final_key AND blobs.state = 'staged' AND lease_until > statement_timestamp()
    ) THEN 'completing'
    WHEN state = 'open' AND expires_at <= statement_timestamp() THEN 'expired'
    ELSE state
END AS state
"""
_UPLOAD = f"SELECT {_UPLOAD_COLUMNS} FROM direct_uploads WHERE id = $1"
_UNFINISHED = f"""
SELECT * FROM (SELECT {_UPLOAD_COLUMNS} FROM direct_uploads WHERE state = 'open' AND {{}}) AS unfinished
WHERE state <> 'expired'
ORDER BY id
LIMIT {{}}
"""
_LEASE = """
UPDATE blobs SET lease_until = statement_timestamp() + make_interval(secs => $2)
WHERE key = $1 AND state = 'staged'
RETURNING key
"""
_RECORDED = "SELECT '{action}', bucket, NULL::uuid, name, id::text FROM {uploads}"
_OPEN = f"""
WITH opened AS (
    INSERT INTO direct_uploads (
        id, bucket, name, content_type, size, sha256, metadata, tags, precondition, part_size, staging_key,
        multipart_id, owner, expires_at
    ) VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, statement_timestamp() + make_interval(secs => $14)
    )
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="direct_upload.begin", uploads="opened"), 15)}
)
SELECT {_UPLOAD_COLUMNS} FROM opened
"""
_LOCK = "SELECT FROM direct_uploads WHERE id = $1 FOR UPDATE"
_LOCKED = f"""
SELECT {_UPLOAD_COLUMNS},
    EXISTS (SELECT FROM blobs WHERE key = staging_key AND reserved_bucket IS NOT NULL) AS has_reservation
FROM direct_uploads WHERE id = $1
"""
# What an upload has reserved of a quota ends with it, or is replaced by what its file takes.
_RELEASE = "UPDATE blobs SET reserved_bucket = NULL, reserved_bytes = NULL, reserved_files = NULL"
_RELEASE_STAGING = f"{_RELEASE} WHERE key = $1"
_CLAIM = "UPDATE direct_uploads SET final_key = $2, failure = NULL WHERE id = $1"
_COMPLETE = "UPDATE direct_uploads SET state = 'completed', file_id = $2 WHERE id = $1"
_FAIL = f"""
WITH failed AS (
    UPDATE direct_uploads SET failure = $3, state = CASE WHEN $4 THEN 'failed' ELSE state END
    WHERE id = $1 AND final_key = $2 AND state = 'open'
    RETURNING staging_key
)
{_RELEASE} FROM failed WHERE $4 AND key = staging_key AND reserved_bucket IS NOT NULL
"""
_ABORT = f"""
WITH aborted AS (UPDATE direct_uploads SET state = 'aborted' WHERE id = $1 RETURNING *)
{recording(_RECORDED.format(action="direct_upload.end", uploads="aborted"), 2)}
"""
_FILE = f"SELECT {COLUMNS} FROM files WHERE id = $1 AND {UNEXPIRED}"

_IN_PROGRESS = frozenset({"open", "completing"})


class PostgresDirectUploads:
    """Keep the port `DirectUploads`.

    An upload's row is locked before all the rows that a commit locks, never after one of them.
    """

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def open_direct_upload(
        self, new: NewDirectUpload, claim: KeyClaim | None = None, *, life: float, lease: float
    ) -> DirectUpload:
        return await self._database.transact(finishing(claim, _open), new, life, lease)

    async def get_direct_upload(self, id: UUID) -> DirectUpload:
        return _only(await self._database.read(_UPLOAD, id))

    async def list_direct_uploads(
        self, visibility: Visibility, *, after: UUID | None, limit: int
    ) -> list[DirectUpload]:
        values = Values()
        condition = is_shown(visibility, values)
        if after is not None:
            condition += f" AND id > {values.bind(after, 'uuid')}"
        sql = _UNFINISHED.format(condition, values.bind(limit, "bigint"))
        return [_upload(row) for row in await self._database.read(sql, *values.bound)]

    async def claim_direct_upload(self, id: UUID, key: str) -> DirectUpload:
        return await self._database.transact(_claim, id, key)

    async def commit_direct_upload(self, id: UUID, blob: Blob, content_type: str | None = None) -> Stored:
        return await self._database.transact(_commit, id, blob, content_type, self._grace)

    async def fail_direct_upload(self, id: UUID, key: str, failure: Failure, *, ended: bool) -> None:
        await self._database.change(_FAIL, id, key, msgspec.to_builtins(failure), ended)

    async def abort_direct_upload(self, id: UUID) -> DirectUpload:
        return await self._database.transact(_abort, id)


async def _open(connection: Connection, new: NewDirectUpload, life: float, lease: float) -> DirectUpload:
    if await connection.fetchval(_LEASE, new.key, lease) is None:
        raise LeaseLostError("The upload's lease has ended.")
    file = new.file
    rows = await connection.fetch(
        _OPEN,
        new_id(),
        file.bucket,
        file.name,
        file.content_type,
        file.size,
        next((each.value.hex() for each in file.digests), None),
        file.metadata,
        file.tags,
        msgspec.to_builtins(file.precondition),
        new.part_size,
        new.key,
        new.multipart_id,
        new.owner,
        life,
        *by(),
    )
    return _only(rows)


async def _claim(connection: Connection, id: UUID, key: str) -> DirectUpload:
    upload = _only(await _locked(connection, id))
    if upload.state == "open":
        await connection.execute(_CLAIM, id, key)
    return upload


async def _commit(connection: Connection, id: UUID, blob: Blob, content_type: str | None, grace: float) -> Stored:
    rows = await _locked(connection, id)
    upload = _only(rows)
    if rows[0]["final_key"] != blob.key:
        raise LeaseLostError("Another completion of the upload has taken over.")
    if upload.state == "completed":
        return await _committed(connection, upload)
    if upload.state in {"aborted", "failed"}:
        raise DirectUploadEndedError("The upload has ended.")
    await _release(connection, rows[0])
    file = replace(upload.file, content_type=content_type or upload.file.content_type)
    stored = await commit(connection, file, blob, grace)
    await connection.execute(_COMPLETE, id, stored.file.id)
    return stored


async def _committed(connection: Connection, upload: DirectUpload) -> Stored:
    row = await connection.fetchrow(_FILE, upload.file_id)
    if row is None:
        raise no_such_file()
    return Stored(file=to_file(row), created=row["revision"] == 1)


async def _abort(connection: Connection, id: UUID) -> DirectUpload:
    rows = await _locked(connection, id)
    upload = _only(rows)
    if upload.state in _IN_PROGRESS:
        await _release(connection, rows[0])
        await connection.execute(_ABORT, id, *by())
    return upload


async def _locked(connection: Connection, id: UUID) -> list[asyncpg.Record]:
    await connection.execute(_LOCK, id)
    # A statement of its own: it sees the changes of those that had the lock before.
    return await connection.fetch(_LOCKED, id)


async def _release(connection: Connection, row: asyncpg.Record) -> None:
    if row["has_reservation"]:
        await connection.execute(_RELEASE_STAGING, row["staging_key"])


def _only(rows: list[asyncpg.Record]) -> DirectUpload:
    if not rows:
        raise no_such_direct_upload()
    return _upload(rows[0])


def _upload(row: asyncpg.Record) -> DirectUpload:
    sha256 = row["sha256"]
    return DirectUpload(
        id=row["id"],
        file=NewFile(
            bucket=row["bucket"],
            name=row["name"],
            content_type=row["content_type"],
            metadata=row["metadata"],
            tags=None if row["tags"] is None else tuple(row["tags"]),
            size=row["size"],
            digests=() if sha256 is None else (Digest("sha-256", bytes.fromhex(sha256)),),
            precondition=msgspec.convert(row["precondition"], Precondition),
        ),
        size=row["size"],
        part_size=row["part_size"],
        key=row["staging_key"],
        multipart_id=row["multipart_id"],
        state=row["state"],
        file_id=row["file_id"],
        failure=None if row["failure"] is None else msgspec.convert(row["failure"], Failure),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        owner=row["owner"],
    )
