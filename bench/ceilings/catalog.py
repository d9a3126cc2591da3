"""One query for the metadata of a file, in the tables of the guides' stack, by asyncpg alone."""

import os
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

QUERY = "SELECT id, name, content_type, size, tags, file_metadata, created_at FROM files WHERE id = $1"
_CONNECTIONS = 10


class Row(msgspec.Struct):
    id: UUID
    name: str
    content_type: str
    size: int
    tags: list[str]
    file_metadata: msgspec.Raw
    created_at: datetime


async def open_pool() -> "asyncpg.Pool[asyncpg.Record]":
    """A pool without its reset query, which would be a second round trip."""
    dsn = os.environ["CEILINGS_DATABASE_URL"]
    return await asyncpg.create_pool(dsn, min_size=_CONNECTIONS, max_size=_CONNECTIONS, reset=_keep)


async def close_pool(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    await pool.close()


async def find(source: Any, file_id: UUID | str) -> Row:
    """Ask a pool or a connection for a row that is there."""
    found = await source.fetchrow(QUERY, file_id)
    id_, name, content_type, size, tags, metadata, created_at = found
    return Row(id_, name, content_type, size, tags, msgspec.Raw(metadata), created_at)


def encode(row: Row) -> bytes:
    return msgspec.json.encode(row)


async def _keep(_: Any) -> None:
    """Reset nothing."""
