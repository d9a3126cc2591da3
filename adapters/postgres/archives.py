"""The members of archives: of each file a few columns, by one statement."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg

from adapters.postgres.database.transactions import Database
from adapters.postgres.files.records import UNEXPIRED
from adapters.postgres.files.search.listing import list_statement, sorting_statement
from domain.archives.model import Member
from domain.files.search.model import FileQuery

COLUMNS = """
id, bucket, name, size, blob_key, revision, updated_at, (SELECT crc32 FROM blobs WHERE key = files.blob_key) AS crc32
"""
_FOUND = f"SELECT {COLUMNS} FROM files WHERE id = ANY($1::uuid[]) AND {UNEXPIRED}"
# Rows are locked in the order of their keys, as everywhere.
_KEEP = """
WITH known AS (
    SELECT blobs.key, found.crc32
    FROM blobs JOIN unnest($1::text[], $2::bigint[]) AS found (key, crc32) ON found.key = blobs.key
    ORDER BY blobs.key FOR UPDATE OF blobs
)
UPDATE blobs SET crc32 = known.crc32 FROM known WHERE blobs.key = known.key
"""


class PostgresArchives:
    """Keep the port `Archives`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_members(self, query: FileQuery) -> list[Member]:
        sql, values = list_statement(query, COLUMNS)
        rows = await self._database.search(sql, values, otherwise=sorting_statement(query, COLUMNS))
        return [_to_member(row) for row in rows]

    async def find_members(self, ids: Sequence[UUID]) -> list[Member]:
        return [_to_member(row) for row in await self._database.read(_FOUND, ids)]

    async def keep_checksums(self, checksums: Mapping[str, int]) -> None:
        await self._database.change(_KEEP, list(checksums), list(checksums.values()))


def _to_member(row: asyncpg.Record) -> Member:
    return Member(
        id=row["id"],
        bucket=row["bucket"],
        name=row["name"],
        size=row["size"],
        blob_key=row["blob_key"],
        revision=row["revision"],
        updated_at=row["updated_at"],
        crc32=row["crc32"],
    )
