"""Multipart uploads: begun, found, listed, and their ends."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec

from adapters.postgres.blobs import GracePeriod
from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.files.search.areas import lies_in
from adapters.postgres.files.search.prefixes import begins
from adapters.postgres.files.search.values import Values
from adapters.postgres.multipart.completion import CONDEMN, claim, complete
from adapters.postgres.multipart.parts import GIVE_UP, begin, put
from adapters.postgres.multipart.rows import ALIVE, COLUMNS, FROM_NOW, PART_COLUMNS, only_row, to_part, to_upload
from adapters.postgres.recording import by, recording
from domain.access.scopes import Scope
from domain.blobs.model import Blob, BlobPart
from domain.errors import LeaseLostError
from domain.files.model import NewFile, Stored
from domain.multipart.errors import no_such_multipart_upload
from domain.multipart.model import (
    MultipartAddress,
    MultipartUpload,
    NewMultipartUpload,
    NewPart,
    Part,
    UploadsAfter,
)
from domain.values.ids import new_id

_LEASE = f"""
UPDATE blobs SET lease_until = {FROM_NOW.format("$2")} WHERE key = $1 AND state = 'staged' RETURNING key
"""
_RECORDED = "SELECT '{action}', bucket, NULL::uuid, name, id::text FROM {uploads}"
_OPEN = f"""
WITH opened AS (
    INSERT INTO multipart_uploads (id, bucket, name, file, owner, blob_key, store_state, checksums, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {FROM_NOW.format("$9")})
    RETURNING *
), recorded AS (
    {recording(_RECORDED.format(action="multipart_upload.begin", uploads="opened"), 10)}
)
SELECT {COLUMNS} FROM opened
"""
_AT_ADDRESS = f"id = $1 AND bucket = $2 AND name = $3 AND {ALIVE}"
_UPLOAD = f"SELECT {COLUMNS} FROM multipart_uploads WHERE {_AT_ADDRESS}"
_PARTS = f"""
SELECT {PART_COLUMNS} FROM multipart_parts
WHERE upload_id = $1 AND number > $2 AND size IS NOT NULL
ORDER BY number LIMIT $3
"""
_LOCK = f"SELECT blob_key FROM multipart_uploads WHERE {_AT_ADDRESS} AND result IS NULL FOR UPDATE"
_ABORT = f"""
WITH aborted AS (DELETE FROM multipart_uploads WHERE id = $1 RETURNING *)
{recording(_RECORDED.format(action="multipart_upload.end", uploads="aborted"), 2)}
"""
_FORGET = """
WITH expired AS (
    SELECT id FROM multipart_uploads WHERE expires_at <= statement_timestamp()
    ORDER BY expires_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM multipart_uploads USING expired WHERE multipart_uploads.id = expired.id
RETURNING multipart_uploads.id
"""


class PostgresMultipartUploads:
    """Keep the port `MultipartUploads`.

    An upload's row is locked before all the rows that a commit locks, never after one of them.
    """

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def open_upload(self, new: NewMultipartUpload, *, ttl: float) -> MultipartUpload:
        return await self._database.transact(_open, new, ttl)

    async def get_upload(self, address: MultipartAddress) -> MultipartUpload:
        return to_upload(only_row(await self._database.read(_UPLOAD, address.id, address.bucket, address.name)))

    async def list_uploads(
        self,
        areas: Sequence[Scope] | None,
        bucket: str,
        *,
        prefix: str = "",
        after: UploadsAfter | None = None,
        limit: int,
    ) -> list[MultipartUpload]:
        values = Values()
        conditions = [f"bucket = {values.bind(bucket, 'text')}", "result IS NULL", ALIVE]
        conditions += begins("name", prefix, values) if prefix else []
        if areas is not None:
            conditions.append(lies_in(areas, values))
        if after is not None:
            conditions.append(f"(name, id) > ({values.bind(after.name, 'text')}, {values.bind(after.id, 'uuid')})")
        found = f"SELECT {COLUMNS} FROM multipart_uploads WHERE {' AND '.join(conditions)}"
        sql = f"{found} ORDER BY name, id LIMIT {values.bind(limit, 'bigint')}"
        return [to_upload(row) for row in await self._database.read(sql, *values.bound)]

    async def begin_part(self, id: UUID, number: int, size: int, *, only_equal: bool, makes_room: bool) -> int | None:
        work = partial(begin, only_equal=only_equal, makes_room=makes_room)
        return await self._database.transact(work, id, number, size)

    async def give_up_part(self, id: UUID, number: int) -> None:
        await self._database.change(GIVE_UP, id, number)

    async def put_part(self, id: UUID, part: NewPart, *, ttl: float) -> Part:
        return await self._database.transact(put, id, part, ttl, self._grace)

    async def list_parts(self, id: UUID, *, after: int = 0, limit: int) -> list[Part]:
        return [to_part(row) for row in await self._database.read(_PARTS, id, after, limit)]

    async def claim_completion(
        self, id: UUID, manifest: str, parts: Sequence[Part], key: str, *, ttl: float
    ) -> MultipartUpload:
        work = partial(claim, manifest=manifest, parts=parts, key=key, ttl=ttl)
        return await self._database.transact(work, id)

    async def commit_upload(
        self, id: UUID, key: str, new: NewFile, blob: Blob, parts: Sequence[BlobPart], *, kept: float
    ) -> Stored:
        work = partial(complete, key=key, new=new, blob=blob, parts=parts, kept=kept, grace=self._grace)
        return await self._database.transact(work, id)

    async def abort_upload(self, address: MultipartAddress) -> None:
        await self._database.transact(_abort, address, self._grace)

    async def forget_uploads(self, *, limit: int) -> int:
        return len(await self._database.change(_FORGET, limit))


async def _open(connection: Connection, new: NewMultipartUpload, ttl: float) -> MultipartUpload:
    if await connection.fetchval(_LEASE, new.key, ttl) is None:
        raise LeaseLostError("The upload's lease has ended.")
    [row] = await connection.fetch(
        _OPEN,
        new_id(),
        new.file.bucket,
        new.file.name,
        msgspec.to_builtins(new.file),
        new.owner,
        new.key,
        dict(new.store_state),
        None if new.checksums is None else msgspec.to_builtins(new.checksums),
        ttl,
        *by(),
    )
    return to_upload(row)


async def _abort(connection: Connection, address: MultipartAddress, grace: float) -> None:
    key = await connection.fetchval(_LOCK, address.id, address.bucket, address.name)
    if key is None:
        raise no_such_multipart_upload()
    await connection.execute(CONDEMN, address.id, key, grace)
    await connection.execute(_ABORT, address.id, *by())
