"""Keys: made, found, changed, revoked and rotated."""

from uuid import UUID

import anyio

from adapters.postgres.database.connections import Connection
from adapters.postgres.database.transactions import Database
from adapters.postgres.keys.rows import COLUMNS, changed, current, find, to_key
from domain.access.callers import Caller
from domain.keys.grants import grant, patched, require_rotatable
from domain.keys.model import Key, KeyIdentity, KeyPatch, NewKey, is_seen_by
from domain.keys.sealed import KeptSecret

# Of keys that are looked at for one page, those that the caller sees are left.
_LISTED_AT_ONCE = 100

_NOW = "SELECT statement_timestamp()"
_CREATE = f"""
INSERT INTO keys (id, access_key_id, name, scopes, version, created_at, expires_at, rate, transfers)
VALUES ($1, $2, $3, $4, 1, statement_timestamp(), $5, $6, $7)
RETURNING {COLUMNS}
"""
_KEEP = "INSERT INTO key_secrets (key_id, version, code, sealed) VALUES ($1, $2, $3, $4)"
_LIST = f"""
SELECT {COLUMNS} FROM keys WHERE ($1::uuid IS NULL OR id < $1) AND ($2 OR revoked_at IS NULL) ORDER BY id DESC LIMIT $3
"""
_CHANGE = f"""
UPDATE keys SET name = $2, scopes = $3, expires_at = $4, rate = $5, transfers = $6 WHERE id = $1 RETURNING {COLUMNS}
"""
_REVOKE = f"UPDATE keys SET revoked_at = statement_timestamp() WHERE id = $1 RETURNING {COLUMNS}"
_FORGET = "DELETE FROM key_secrets WHERE key_id = $1"
_FORGET_FORMER = "DELETE FROM key_secrets WHERE key_id = $1 AND version < $2"
_END = """
UPDATE key_secrets SET ends_at = statement_timestamp() + make_interval(secs => $3) WHERE key_id = $1 AND version = $2
"""
_ROTATE = f"UPDATE keys SET version = $2 WHERE id = $1 RETURNING {COLUMNS}"


class PostgresKeys:
    """Keep the port `Keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_key(self, caller: Caller, identity: KeyIdentity, new: NewKey, secret: KeptSecret) -> Key:
        return await self._database.transact(_create, caller, identity, new, secret)

    async def get_key(self, caller: Caller, id: UUID) -> Key:
        return await self._database.transact(_get, caller, id)

    async def list_keys(self, caller: Caller, *, revoked: bool, after: UUID | None, limit: int) -> list[Key]:
        return await self._database.transact(_list, caller, revoked, after, limit)

    async def change_key(self, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
        return await self._database.transact(_change, caller, id, patch)

    async def revoke_key(self, caller: Caller, id: UUID) -> Key:
        return await self._database.transact(_revoke, caller, id)

    async def rotate_key(self, caller: Caller, id: UUID, secret: KeptSecret, *, overlap: float) -> Key | None:
        return await self._database.transact(_rotate, caller, id, secret, overlap)


async def _create(
    connection: Connection, caller: Caller, identity: KeyIdentity, new: NewKey, secret: KeptSecret
) -> Key:
    caller = await current(connection, caller)
    expires_at = grant(caller, new.scopes, new.expires_at, await connection.fetchval(_NOW))
    values = (new.name, new.scopes, expires_at, new.rate, new.transfers)
    [row] = await connection.fetch(_CREATE, identity.id, identity.access_key_id, *values)
    await connection.execute(_KEEP, identity.id, secret.version, secret.code, secret.sealed)
    return await changed(connection, "key.create", row)


async def _get(connection: Connection, caller: Caller, id: UUID) -> Key:
    return (await find(connection, caller, id)).key


async def _list(connection: Connection, caller: Caller, revoked: bool, after: UUID | None, limit: int) -> list[Key]:
    caller = await current(connection, caller)
    seen: list[Key] = []
    while True:
        keys = [to_key(row) for row in await connection.fetch(_LIST, after, revoked, _LISTED_AT_ONCE)]
        for key in keys:
            if is_seen_by(caller, key):
                seen.append(key)
            # A hundred scopes against a hundred others take milliseconds.
            await anyio.lowlevel.checkpoint()
        if len(keys) < _LISTED_AT_ONCE or len(seen) >= limit:
            return seen[:limit]
        after = keys[-1].id


async def _change(connection: Connection, caller: Caller, id: UUID, patch: KeyPatch) -> Key:
    found = await find(connection, caller, id, lock=True)
    key = patched(found.caller, found.key, patch, found.now)
    values = (key.name, key.scopes, key.expires_at, key.limits.rate, key.limits.transfers)
    [row] = await connection.fetch(_CHANGE, id, *values)
    return await changed(connection, "key.change", row)


async def _revoke(connection: Connection, caller: Caller, id: UUID) -> Key:
    key = (await find(connection, caller, id, lock=True)).key
    if key.revoked_at is not None:
        return key
    [row] = await connection.fetch(_REVOKE, id)
    await connection.execute(_FORGET, id)
    return await changed(connection, "key.revoke", row)


async def _rotate(connection: Connection, caller: Caller, id: UUID, secret: KeptSecret, overlap: float) -> Key | None:
    found = await find(connection, caller, id, lock=True)
    require_rotatable(found.caller, found.key)
    former = found.key.version
    if secret.version != former + 1:
        return None
    if overlap > 0:
        await connection.execute(_FORGET_FORMER, id, former)
        await connection.execute(_END, id, former, overlap)
    else:
        await connection.execute(_FORGET, id)
    await connection.execute(_KEEP, id, secret.version, secret.code, secret.sealed)
    [row] = await connection.fetch(_ROTATE, id, secret.version)
    return await changed(connection, "key.rotate", row)
