"""The life of blobs: staged, live, condemned, gone."""

from collections.abc import Sequence
from typing import NewType

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from domain.blobs.model import Blob, BlobClaim, BlobPart

# For how many seconds the bytes of a condemned blob stay readable.
GracePeriod = NewType("GracePeriod", float)

_RESERVE = """
INSERT INTO blobs (key, state, lease_until)
SELECT key, 'staged', statement_timestamp() + make_interval(secs => $2)
FROM unnest($1::text[]) AS key
"""
# Rows are locked in the order of their keys, as everywhere.
_RENEW = """
WITH leased AS (
    SELECT key FROM blobs WHERE key = ANY($1::text[]) AND state = 'staged' ORDER BY key FOR UPDATE
)
UPDATE blobs SET lease_until = statement_timestamp() + make_interval(secs => $2)
FROM leased WHERE blobs.key = leased.key
RETURNING blobs.key
"""
_GIVE_UP = """
INSERT INTO blobs (key, state, due_at)
SELECT key, 'condemned', statement_timestamp() + make_interval(secs => $2) FROM unnest($1::text[]) AS key ORDER BY key
ON CONFLICT (key) DO UPDATE
SET state = 'condemned', lease_until = NULL, due_at = greatest(blobs.due_at, excluded.due_at), epoch = blobs.epoch + 1
WHERE blobs.state <> 'live'
"""
_CONDEMN_LAPSED = """
WITH lapsed AS (
    SELECT key FROM blobs WHERE state = 'staged' AND lease_until <= statement_timestamp()
    ORDER BY lease_until LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE blobs
SET state = 'condemned', lease_until = NULL, due_at = statement_timestamp() + make_interval(secs => $2)
FROM lapsed WHERE blobs.key = lapsed.key
RETURNING blobs.key
"""
_CLAIM = """
WITH due AS (
    SELECT key FROM blobs WHERE state = 'condemned' AND due_at <= statement_timestamp() AND content IS NULL
    ORDER BY due_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE blobs SET epoch = epoch + 1, due_at = statement_timestamp() + make_interval(secs => $2)
FROM due WHERE blobs.key = due.key
RETURNING blobs.key, epoch, size IS NOT NULL AS finished
"""
_FORGET_INLINE = """
WITH due AS (
    SELECT key FROM blobs WHERE state = 'condemned' AND due_at <= statement_timestamp() AND content IS NOT NULL
    ORDER BY due_at LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM blobs USING due WHERE blobs.key = due.key
RETURNING blobs.key
"""
_CONTENTS = "SELECT key, content FROM blobs WHERE key = ANY($1::text[]) AND content IS NOT NULL"
_PARTS = "SELECT sizes, checksums FROM blob_parts WHERE blob_key = $1"
_KEEP_PARTS = "INSERT INTO blob_parts (blob_key, sizes, checksums) VALUES ($1, $2, $3)"
_FORGET = """
DELETE FROM blobs USING unnest($1::text[], $2::integer[]) AS claim (key, epoch)
WHERE blobs.key = claim.key AND blobs.epoch = claim.epoch AND state = 'condemned'
RETURNING blobs.key
"""
_MAKE_LIVE = """
UPDATE blobs SET state = 'live', file_count = 1, size = $2, sha256 = $3, crc32 = $4, lease_until = NULL
WHERE key = $1 AND state = 'staged'
RETURNING key
"""
_KEEP = """
INSERT INTO blobs (key, state, file_count, size, sha256, crc32, content) VALUES ($1, 'live', 1, $2, $3, $4, $5)
ON CONFLICT (key) DO NOTHING
RETURNING key
"""
_SHARE = "UPDATE blobs SET file_count = file_count + 1 WHERE key = $1"
_RELEASE = """
WITH released AS (
    SELECT blobs.key, lost.files
    FROM blobs
    JOIN (SELECT key, count(*) AS files FROM unnest($1::text[]) AS key GROUP BY key) AS lost
        ON lost.key = blobs.key
    ORDER BY blobs.key
    FOR UPDATE OF blobs
)
UPDATE blobs
SET file_count = file_count - files,
    state = CASE file_count - files WHEN 0 THEN 'condemned' ELSE state END,
    due_at = CASE file_count - files WHEN 0 THEN statement_timestamp() + make_interval(secs => $2) END
FROM released WHERE blobs.key = released.key
"""


class PostgresBlobRecords:
    """Keep the port `BlobRecords`. Each call is one statement."""

    def __init__(self, database: Database, *, grace: GracePeriod) -> None:
        self._database = database
        self._grace = grace

    async def reserve_blobs(self, keys: Sequence[str], *, lease: float) -> None:
        await self._database.change(_RESERVE, keys, lease)

    async def renew_leases(self, keys: Sequence[str], *, lease: float) -> set[str]:
        return {row["key"] for row in await self._database.change(_RENEW, keys, lease)}

    async def release_blobs(self, keys: Sequence[str], *, at_once: bool) -> None:
        await self._database.change(_GIVE_UP, keys, 0.0 if at_once else self._grace)

    async def condemn_lapsed(self, *, limit: int) -> int:
        return len(await self._database.change(_CONDEMN_LAPSED, limit, self._grace))

    async def forget_inline(self, *, limit: int) -> int:
        return len(await self._database.change(_FORGET_INLINE, limit))

    async def get_contents(self, keys: Sequence[str]) -> dict[str, bytes]:
        return {row["key"]: row["content"] for row in await self._database.read(_CONTENTS, keys)}

    async def get_parts(self, key: str) -> tuple[BlobPart, ...]:
        rows = await self._database.read(_PARTS, key)
        return tuple(map(BlobPart, rows[0]["sizes"], rows[0]["checksums"])) if rows else ()

    async def claim_condemned(self, *, limit: int, lease: float) -> list[BlobClaim]:
        rows = await self._database.change(_CLAIM, limit, lease)
        return [BlobClaim(key=row["key"], epoch=row["epoch"], finished=row["finished"]) for row in rows]

    async def forget_blobs(self, claims: Sequence[BlobClaim]) -> int:
        keys, epochs = [claim.key for claim in claims], [claim.epoch for claim in claims]
        return len(await self._database.change(_FORGET, keys, epochs))


async def make_live(connection: Connection, blob: Blob) -> bool:
    """Make a staged blob live, or keep an inline one, for one file. Returns False where it is not staged, or known."""
    if blob.content is not None:
        values = blob.key, blob.size, blob.sha256, blob.crc32, blob.content
        return await connection.fetchval(_KEEP, *values) is not None
    return await connection.fetchval(_MAKE_LIVE, blob.key, blob.size, blob.sha256, blob.crc32) is not None


async def keep_parts(connection: Connection, key: str, parts: Sequence[BlobPart]) -> None:
    """Keep the parts of a blob that has become live, for as long as its record."""
    await connection.execute(_KEEP_PARTS, key, [part.size for part in parts], [part.checksum for part in parts])


async def share(connection: Connection, key: str) -> None:
    """Count one more file on a live blob."""
    await connection.execute(_SHARE, key)


async def release(connection: Connection, keys: Sequence[str], *, grace: float) -> None:
    """Count one file less on a blob, for each time that its key is given; condemn those that no file shares now."""
    await connection.execute(_RELEASE, keys, grace)
