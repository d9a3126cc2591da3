"""Rows of keys, and the key that a caller is."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.database.connections import Connection
from adapters.postgres.recording import record
from domain.access.callers import Caller, CallerLimits
from domain.access.errors import UnauthenticatedError
from domain.access.scopes import Permissions, Scope
from domain.audit.model import ChangeAction
from domain.keys.errors import NoSuchKeyError
from domain.keys.grants import require_admin
from domain.keys.model import Key, is_seen_by

# Every connection of the service that listens for changes of keys listens here; the payload is an access key id.
CHANNEL = "fileport_keys"

COLUMNS = "id, access_key_id, name, scopes, version, created_at, expires_at, revoked_at, last_used_at, rate, transfers"
HOLDS = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > statement_timestamp())"
_TELL = f"SELECT pg_notify('{CHANNEL}', $1)"
_OWN = f"SELECT scopes, expires_at FROM keys WHERE id = $1 AND {HOLDS} FOR SHARE"
# In one order, so that two keys that handle each other do not deadlock.
_LOCK = "SELECT id FROM keys WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_FIND = f"SELECT {COLUMNS}, statement_timestamp() AS now FROM keys WHERE id = $1"


class Found(NamedTuple):
    """A key that the caller sees, the caller as they are now, and the time."""

    key: Key
    caller: Caller
    now: datetime


def to_key(row: asyncpg.Record) -> Key:
    return Key(
        id=row["id"],
        access_key_id=row["access_key_id"],
        name=row["name"],
        scopes=to_scopes(row["scopes"]),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        last_used_at=row["last_used_at"],
        limits=CallerLimits(row["rate"], row["transfers"]),
        version=row["version"],
    )


def to_scopes(value: object) -> tuple[Scope, ...]:
    return msgspec.convert(value, tuple[Scope, ...])


async def current(connection: Connection, caller: Caller) -> Caller:
    """Return the caller with what they may do now; a key's row stays as it is until the transaction ends.

    Raises `UnauthenticatedError`, `AccessDeniedError`.
    """
    if caller.kind == "key":
        row = await connection.fetchrow(_OWN, UUID(caller.id))
        if row is None:
            raise UnauthenticatedError(UnauthenticatedError.example)
        permissions = Permissions(to_scopes(row["scopes"]))
        caller = msgspec.structs.replace(caller, permissions=permissions, expires_at=row["expires_at"])
    require_admin(caller)
    return caller


async def find(connection: Connection, caller: Caller, id: UUID, *, lock: bool = False) -> Found:
    """Return the key, locked if that is asked for. Raises the errors of `current`, and `NoSuchKeyError`."""
    if lock:
        await connection.fetch(_LOCK, [id, UUID(caller.id)] if caller.kind == "key" else [id])
    caller = await current(connection, caller)
    row = await connection.fetchrow(_FIND, id)
    if row is None or not is_seen_by(caller, key := to_key(row)):
        raise NoSuchKeyError
    return Found(key, caller, row["now"])


async def changed(connection: Connection, action: ChangeAction, row: asyncpg.Record) -> Key:
    """Record a change of the key, tell of it once the transaction is committed, and return the key."""
    key = to_key(row)
    await record(connection, action, subject=str(key.id))
    await tell(connection, key.access_key_id)
    return key


async def tell(connection: Connection, access_key_id: str) -> None:
    """Have the key's holders looked up again, once the transaction is committed."""
    await connection.execute(_TELL, access_key_id)
