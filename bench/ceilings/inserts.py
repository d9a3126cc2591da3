"""One statement that inserts a body and its row, in tables of their own, by asyncpg alone."""

import uuid
from datetime import datetime
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS bare_blobs (key uuid PRIMARY KEY, body bytea NOT NULL);
ALTER TABLE bare_blobs ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE IF NOT EXISTS bare_files (
    id uuid PRIMARY KEY, name text COLLATE "C" NOT NULL UNIQUE, content_type text NOT NULL, size bigint NOT NULL,
    blob_key uuid NOT NULL, created_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
"""
INSERT = """
WITH blob AS (INSERT INTO bare_blobs (key, body) VALUES ($1, $4) RETURNING key)
INSERT INTO bare_files (id, name, content_type, size, blob_key) SELECT $1, $2, $3, octet_length($4), key FROM blob
RETURNING created_at
"""
_CONTENT_TYPE = "application/octet-stream"


async def insert(source: Any, name: str, body: bytes) -> tuple[uuid.UUID, datetime]:
    """Have a pool insert one, and return its id and time. It is durable then."""
    id_ = uuid.uuid4()
    return id_, await source.fetchval(INSERT, id_, name, _CONTENT_TYPE, body)


def values(body: bytes) -> tuple[uuid.UUID, str, str, bytes]:
    """Return the values of the statement for a row with a name of its own."""
    id_ = uuid.uuid4()
    return id_, f"bare/{id_}", _CONTENT_TYPE, body
