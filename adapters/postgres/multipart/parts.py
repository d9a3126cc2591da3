"""The parts of multipart uploads: begun, recorded, replaced."""

from uuid import UUID

from adapters.postgres.database.connections import Connection
from adapters.postgres.multipart.rows import FROM_NOW, PART_COLUMNS, lock_upload, to_part
from adapters.postgres.quotas.room import reserve
from domain.blobs.parts import place_of
from domain.errors import LeaseLostError
from domain.multipart.errors import MultipartUploadBusyError
from domain.multipart.model import NewPart, Part
from domain.quotas.model import Room

_FIX_PART_SIZE = "UPDATE multipart_uploads SET part_size = $2 WHERE id = $1 AND part_size IS NULL"
_TARGET = "SELECT bucket, name, blob_key, part_size FROM multipart_uploads WHERE id = $1"
_BEGIN = """
INSERT INTO multipart_parts (upload_id, number, begun_size) VALUES ($1, $2, $3)
ON CONFLICT (upload_id, number) DO NOTHING
RETURNING number
"""
_BEGIN_AGAIN = """
UPDATE multipart_parts SET begun_size = greatest(begun_size, $3) WHERE upload_id = $1 AND number = $2
"""
_HOLD = "SELECT FROM blobs WHERE key = $1 AND state = 'staged' FOR UPDATE"
_TOTAL = "SELECT sum(greatest(begun_size, size))::bigint AS total FROM multipart_parts WHERE upload_id = $1"
GIVE_UP = "DELETE FROM multipart_parts WHERE upload_id = $1 AND number = $2 AND size IS NULL RETURNING number"

_CLAIMED = "SELECT manifest IS NOT NULL FROM multipart_uploads WHERE id = $1"
_FORMER = "SELECT blob_key FROM multipart_parts WHERE upload_id = $1 AND number = $2 FOR UPDATE"
_PUT = f"""
INSERT INTO multipart_parts (upload_id, number, begun_size, size, md5, checksum, blob_key, receipt, modified_at)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, clock_timestamp())
ON CONFLICT (upload_id, number) DO UPDATE
SET begun_size = $3, size = $3, md5 = $4, checksum = $5, blob_key = $6, receipt = $7, modified_at = clock_timestamp()
RETURNING {PART_COLUMNS}
"""
_LEASE = """
UPDATE blobs SET lease_until = (SELECT expires_at FROM multipart_uploads WHERE id = $2)
WHERE key = $1 AND state = 'staged'
RETURNING key
"""
_CONDEMN = f"""
UPDATE blobs SET state = 'condemned', lease_until = NULL, due_at = {FROM_NOW.format("$2")}, epoch = epoch + 1
WHERE key = $1 AND state = 'staged'
"""
# Of the parts that come at once, one extends the upload's life, and the others do not wait for it.
_EXTEND = f"""
WITH due AS (
    SELECT id, blob_key FROM multipart_uploads WHERE id = $1 AND expires_at < {FROM_NOW.format("0.9 * $2::float8")}
    FOR NO KEY UPDATE SKIP LOCKED
), extended AS (
    UPDATE multipart_uploads SET expires_at = {FROM_NOW.format("$2")} FROM due WHERE multipart_uploads.id = due.id
), leased AS (
    SELECT key FROM blobs
    WHERE state = 'staged' AND key IN (
        SELECT blob_key FROM due
        UNION ALL
        SELECT part.blob_key FROM multipart_parts AS part JOIN due ON upload_id = id WHERE part.blob_key IS NOT NULL
    )
    ORDER BY key FOR UPDATE
)
UPDATE blobs SET lease_until = {FROM_NOW.format("$2")} FROM leased WHERE blobs.key = leased.key
"""


async def begin(
    connection: Connection, id: UUID, number: int, size: int, *, only_equal: bool, makes_room: bool
) -> int | None:
    """Do as `MultipartUploads.begin_part` does. The first part is the one that may set the size of all."""
    sets_size = only_equal and number == 1 and size > 0
    await lock_upload(connection, id, "NO KEY UPDATE" if sets_size else "SHARE")
    if sets_size:
        await connection.execute(_FIX_PART_SIZE, id, size)
    [upload] = await connection.fetch(_TARGET, id)
    is_first = bool(await connection.fetch(_BEGIN, id, number, size))
    if makes_room:
        if not is_first:
            await connection.execute(_BEGIN_AGAIN, id, number, size)
        await _make_room(connection, id, upload["blob_key"], upload["bucket"], upload["name"])
    if not is_first:
        return None
    return place_of(number, size, upload["part_size"]) if only_equal else 0


async def put(connection: Connection, id: UUID, part: NewPart, ttl: float, grace: float) -> Part:
    """Do as `MultipartUploads.put_part` does."""
    await lock_upload(connection, id, "SHARE")
    if await connection.fetchval(_CLAIMED, id):
        raise MultipartUploadBusyError("The upload is being completed.")
    if part.key is not None and await connection.fetchval(_LEASE, part.key, id) is None:
        raise LeaseLostError("The part's lease has ended.")
    former = await connection.fetchrow(_FORMER, id, part.number)
    values = part.number, part.size, part.md5, part.checksum, part.key, part.receipt
    [row] = await connection.fetch(_PUT, id, *values)
    if former is not None and former["blob_key"] not in {None, part.key}:
        await connection.execute(_CONDEMN, former["blob_key"], grace)
    await connection.execute(_EXTEND, id, ttl)
    return to_part(row)


async def _make_room(connection: Connection, id: UUID, key: str, bucket: str, name: str) -> None:
    # The lock on the blob comes first, so that parts that begin at once are added up one after another.
    if not await connection.fetch(_HOLD, key):
        raise LeaseLostError("The upload's lease has ended.")
    total = await connection.fetchval(_TOTAL, id)
    await reserve(connection, key, Room(bucket=bucket, name=name, size=total))
