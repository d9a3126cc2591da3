"""Links: kept, found by their tokens, and counted."""

from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.recording import by, recording
from domain.access.scopes import Scope
from domain.links.errors import no_such_link
from domain.links.model import (
    ATTEMPT_SECONDS,
    MAX_ATTEMPTS,
    RESUME_SECONDS,
    FoundLink,
    Link,
    Maker,
    NewLink,
)
from domain.values.ids import new_id

_LINK = """
id, kind, secret, maker_kind, maker_id, maker_scopes, created_at, expires_at, revoked_at, used, file_id, password_hash,
max_downloads, filename, bucket, name, prefix, max_file_size, allowed_types, max_files
"""
# An entry of the audit for the links in a table that a WITH has made.
_ENTRIES = """
SELECT {0}, coalesce(done.bucket, files.bucket), done.file_id, coalesce(done.name, done.prefix, files.name),
    done.id::text
FROM {1} AS done LEFT JOIN files ON files.id = done.file_id
"""
_CREATE = f"""
WITH made AS (
    INSERT INTO links (
        id, kind, token_hash, secret, maker_kind, maker_id, maker_scopes, created_at, expires_at, file_id,
        password_hash, max_downloads, filename, bucket, name, prefix, max_file_size, allowed_types, max_files
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
    RETURNING {_LINK}
), audited AS ({recording(_ENTRIES.format("'link.create'", "made"), 20)})
SELECT * FROM made
"""
_GET = f"SELECT {_LINK} FROM links WHERE id = $1"
FIND = f"SELECT {_LINK}, statement_timestamp() AS now FROM links WHERE token_hash = $1"
_LIST = f"""
SELECT {_LINK} FROM links
WHERE {{}} = $1 AND revoked_at IS NULL AND ($2::text IS NULL OR (maker_kind = $2 AND maker_id = $3))
    AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC LIMIT $5
"""
LIST_OF_FILE = _LIST.format("file_id")
LIST_OF_BUCKET = _LIST.format("bucket")
_REVOKE = f"""
WITH revoked AS (
    UPDATE links SET revoked_at = statement_timestamp() WHERE id = $1 AND revoked_at IS NULL RETURNING *
), audited AS ({recording(_ENTRIES.format("'link.revoke'", "revoked"), 2)})
SELECT id FROM links WHERE id = $1
"""
# A row of two statements at once is updated by one after the other, and the second one sees the first one's count.
COUNT_USE = f"""
WITH counted AS (
    UPDATE links SET used = used + 1
    WHERE id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > statement_timestamp())
        AND (max_downloads IS NULL OR used < max_downloads) AND (max_files IS NULL OR used < max_files)
    RETURNING *
), audited AS ({recording(_ENTRIES.format("'link.use'", "counted"), 3)}
), noted AS (
    INSERT INTO link_addresses AS known (link_id, address, used_at, stale_at)
    SELECT id, $2, statement_timestamp(), statement_timestamp() + interval '{RESUME_SECONDS} s' FROM counted
    ON CONFLICT (link_id, address)
        DO UPDATE SET used_at = excluded.used_at, stale_at = greatest(known.stale_at, excluded.stale_at)
)
SELECT id FROM counted
"""
_GIVE_BACK = "UPDATE links SET used = used - 1 WHERE id = $1 AND used > 0"
_WAS_USED = f"""
SELECT FROM link_addresses
WHERE link_id = $1 AND address = $2 AND used_at > statement_timestamp() - interval '{RESUME_SECONDS} s'
"""
_RECENT = f"""
SELECT attempt FROM unnest(known.attempted_at) AS attempt
WHERE attempt > statement_timestamp() - interval '{ATTEMPT_SECONDS} s' ORDER BY attempt
"""
_COUNT_ATTEMPT = f"""
INSERT INTO link_addresses AS known (link_id, address, attempted_at, stale_at)
VALUES ($1, $2, ARRAY[statement_timestamp()], statement_timestamp() + interval '{ATTEMPT_SECONDS} s')
ON CONFLICT (link_id, address) DO UPDATE
    SET attempted_at = array({_RECENT}) || statement_timestamp(),
        stale_at = greatest(known.stale_at, excluded.stale_at)
    WHERE cardinality(array({_RECENT})) < {MAX_ATTEMPTS}
RETURNING link_id
"""
# The next attempt may come when the first of those that count is a minute old.
_WAIT = f"""
SELECT extract(epoch FROM attempt + interval '{ATTEMPT_SECONDS} s' - statement_timestamp())::float8 AS seconds
FROM link_addresses AS known, LATERAL ({_RECENT} LIMIT 1) AS first
WHERE link_id = $1 AND address = $2
"""
_FORGIVE = """
UPDATE link_addresses SET attempted_at = trim_array(attempted_at, 1)
WHERE link_id = $1 AND address = $2 AND cardinality(attempted_at) > 0
"""
FORGET_ENDED = """
WITH ended AS (
    SELECT id FROM links
    WHERE least(expires_at, revoked_at) <= statement_timestamp() - make_interval(secs => $1)
    ORDER BY least(expires_at, revoked_at) LIMIT $2
    FOR UPDATE SKIP LOCKED
)
DELETE FROM links USING ended WHERE links.id = ended.id
RETURNING links.id
"""
END_ORPHANS = """
WITH orphans AS (
    SELECT id FROM links
    WHERE expires_at IS NULL AND revoked_at IS NULL AND file_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM files WHERE files.id = links.file_id)
    LIMIT $1
    FOR UPDATE SKIP LOCKED
)
UPDATE links SET expires_at = statement_timestamp() FROM orphans WHERE links.id = orphans.id
RETURNING links.id
"""
FORGET_ADDRESSES = """
WITH stale AS (
    SELECT link_id, address FROM link_addresses WHERE stale_at <= statement_timestamp() LIMIT $1
    FOR UPDATE SKIP LOCKED
)
DELETE FROM link_addresses AS known USING stale
WHERE known.link_id = stale.link_id AND known.address = stale.address
RETURNING known.link_id
"""


class PostgresLinks:
    """Keep the port `Links`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_link(self, new: NewLink) -> Link:
        return await self._database.transact(_create, new)

    async def get_link(self, id: UUID) -> Link:
        return _to_link(_only(await self._database.read(_GET, id)))

    async def find_link(self, token_hash: bytes) -> FoundLink:
        row = _only(await self._database.read(FIND, token_hash))
        return FoundLink(_to_link(row), row["now"])

    async def list_links(
        self,
        *,
        file_id: UUID | None = None,
        bucket: str | None = None,
        owner: Maker | None,
        after: UUID | None,
        limit: int,
    ) -> list[Link]:
        statement, place = (LIST_OF_BUCKET, bucket) if file_id is None else (LIST_OF_FILE, file_id)
        kind, id_ = (None, None) if owner is None else (owner.kind, owner.id)
        return [_to_link(row) for row in await self._database.read(statement, place, kind, id_, after, limit)]

    async def revoke_link(self, id: UUID) -> None:
        _only(await self._database.change(_REVOKE, id, *by()))

    async def count_use(self, id: UUID, address: str) -> bool:
        return bool(await self._database.change(COUNT_USE, id, address, *by()))

    async def give_use_back(self, id: UUID) -> None:
        await self._database.change(_GIVE_BACK, id)

    async def was_used_from(self, id: UUID, address: str) -> bool:
        return bool(await self._database.read(_WAS_USED, id, address))

    async def count_attempt(self, id: UUID, address: str) -> float:
        if await self._database.change(_COUNT_ATTEMPT, id, address):
            return 0.0
        waits = await self._database.read(_WAIT, id, address)
        # Where none counts any more, that has changed since.
        return max(waits[0]["seconds"], 0.001) if waits else 0.001

    async def forgive_attempt(self, id: UUID, address: str) -> None:
        await self._database.change(_FORGIVE, id, address)

    async def forget_links(self, *, kept: float, limit: int) -> int:
        ended = await self._database.change(FORGET_ENDED, kept, limit)
        orphans = await self._database.change(END_ORPHANS, limit)
        return len(ended) + len(orphans) + len(await self._database.change(FORGET_ADDRESSES, limit))


async def _create(connection: Connection, new: NewLink) -> Link:
    now = await connection.fetchval("SELECT statement_timestamp()")
    maker = new.maker
    row = await connection.fetchrow(
        _CREATE,
        new_id(),
        new.kind,
        new.token_hash,
        new.secret,
        maker.kind,
        maker.id,
        msgspec.to_builtins(maker.scopes) if maker.kind == "token" else None,
        now,
        new.expiry(now),
        new.file_id,
        new.password_hash,
        new.max_downloads,
        new.filename,
        new.bucket,
        new.name,
        new.prefix,
        new.max_file_size,
        new.allowed_types,
        new.max_files,
        *by(),
    )
    return _to_link(_only([row]))


def _only(rows: "list[asyncpg.Record | None] | list[asyncpg.Record]") -> asyncpg.Record:
    if not rows or rows[0] is None:
        raise no_such_link()
    return rows[0]


def _to_link(row: asyncpg.Record) -> Link:
    scopes = msgspec.convert(row["maker_scopes"] or [], tuple[Scope, ...])
    types = row["allowed_types"]
    return Link(
        id=row["id"],
        kind=row["kind"],
        maker=Maker(kind=row["maker_kind"], id=row["maker_id"], scopes=scopes),
        secret=row["secret"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        used=row["used"],
        file_id=row["file_id"],
        password_hash=row["password_hash"],
        max_downloads=row["max_downloads"],
        filename=row["filename"],
        bucket=row["bucket"],
        name=row["name"],
        prefix=row["prefix"],
        max_file_size=row["max_file_size"],
        allowed_types=None if types is None else tuple(types),
        max_files=row["max_files"],
    )
