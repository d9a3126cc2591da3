"""The completion of multipart uploads: claimed, and committed."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from adapters.postgres.blobs import keep_parts
from adapters.postgres.database.connections import Connection
from adapters.postgres.files.commit import commit
from adapters.postgres.multipart.rows import FROM_NOW, locked_row, to_upload
from domain.blobs.model import Blob, BlobPart
from domain.errors import LeaseLostError
from domain.files.model import NewFile, Stored
from domain.multipart.errors import InvalidPartError, MultipartUploadBusyError
from domain.multipart.model import MultipartUpload, Part

_IS_HELD = """
SELECT EXISTS (SELECT FROM blobs WHERE key = $1 AND state = 'staged' AND lease_until > statement_timestamp())
"""
_MISSING = """
SELECT chosen.number FROM unnest($2::integer[], $3::timestamptz[]) AS chosen (number, modified_at)
LEFT JOIN multipart_parts AS part
    ON upload_id = $1 AND part.number = chosen.number AND part.modified_at = chosen.modified_at
WHERE part.number IS NULL
ORDER BY chosen.number LIMIT 1
"""
_BLOBS = """
SELECT key FROM blobs
WHERE state = 'staged' AND (
    key = $2 OR key IN (SELECT blob_key FROM multipart_parts WHERE upload_id = $1 AND blob_key IS NOT NULL)
)
ORDER BY key FOR UPDATE
"""
_CLAIM = f"""
UPDATE multipart_uploads
SET manifest = $2, claim_key = $3, expires_at = greatest(expires_at, {FROM_NOW.format("$4")})
WHERE id = $1
"""
_LEASE = f"""
WITH leased AS ({_BLOBS})
UPDATE blobs SET lease_until = greatest(lease_until, {FROM_NOW.format("$3")}) FROM leased WHERE blobs.key = leased.key
"""
CONDEMN = f"""
WITH condemned AS ({_BLOBS})
UPDATE blobs SET state = 'condemned', lease_until = NULL, due_at = {FROM_NOW.format("$3")}, epoch = epoch + 1
FROM condemned WHERE blobs.key = condemned.key
"""
_COMPLETE = f"""
WITH forgotten AS (DELETE FROM multipart_parts WHERE upload_id = $1)
UPDATE multipart_uploads SET result = $2, expires_at = {FROM_NOW.format("$3")} WHERE id = $1
"""


async def claim(
    connection: Connection, id: UUID, *, manifest: str, parts: Sequence[Part], key: str, ttl: float
) -> MultipartUpload:
    """Do as `MultipartUploads.claim_completion` does."""
    row = await locked_row(connection, id)
    if row["result"] is not None:
        return to_upload(row)
    if row["claim_key"] is not None and await connection.fetchval(_IS_HELD, row["claim_key"]):
        raise MultipartUploadBusyError("The upload is being completed.")
    if row["manifest"] not in {None, manifest}:
        raise InvalidPartError("The completion of the upload was begun with other parts.")
    numbers, times = [part.number for part in parts], [part.modified_at for part in parts]
    missing = await connection.fetchval(_MISSING, id, numbers, times)
    if missing is not None:
        raise InvalidPartError(f"Part {missing} was replaced meanwhile.", number=missing)
    await connection.execute(_CLAIM, id, manifest, key, ttl)
    await connection.execute(_LEASE, id, row["blob_key"], ttl)
    return to_upload(row)


async def complete(
    connection: Connection,
    id: UUID,
    *,
    key: str,
    new: NewFile,
    blob: Blob,
    parts: Sequence[BlobPart],
    kept: float,
    grace: float,
) -> Stored:
    """Do as `MultipartUploads.commit_upload` does."""
    row = await locked_row(connection, id)
    if row["result"] is not None:
        return msgspec.convert(row["result"], Stored)
    if row["claim_key"] != key:
        raise LeaseLostError("Another completion of the upload has taken over.")
    stored = await commit(connection, new, blob, grace)
    await keep_parts(connection, blob.key, parts)
    await connection.execute(CONDEMN, id, None, grace)
    await connection.execute(_COMPLETE, id, msgspec.to_builtins(stored), kept)
    return stored
