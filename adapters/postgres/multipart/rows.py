"""The rows of multipart uploads and their parts, and how they map."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec

from adapters.postgres.database.connections import Connection
from domain.files.model import NewFile, Stored
from domain.multipart.errors import no_such_multipart_upload
from domain.multipart.model import MultipartUpload, Part, PartChecksums

COLUMNS = """
id, file, owner, blob_key, store_state, checksums, part_size, manifest, claim_key, result, created_at, expires_at
"""
PART_COLUMNS = "number, size, md5, checksum, blob_key, receipt, modified_at"
ALIVE = "expires_at > statement_timestamp()"
FROM_NOW = "statement_timestamp() + make_interval(secs => {})"
_LOCK = f"SELECT FROM multipart_uploads WHERE id = $1 AND {ALIVE} AND result IS NULL FOR {{}}"
_UPLOAD = f"SELECT {COLUMNS} FROM multipart_uploads WHERE id = $1 AND {ALIVE}"


async def lock_upload(connection: Connection, id: UUID, strength: str) -> None:
    """Lock the row of an upload in progress. Raises `NoSuchMultipartUploadError`."""
    if not await connection.fetch(_LOCK.format(strength), id):
        raise no_such_multipart_upload()


async def locked_row(connection: Connection, id: UUID) -> asyncpg.Record:
    """Return the row of an upload, completed or not, and lock it. Raises `NoSuchMultipartUploadError`."""
    await connection.execute("SELECT FROM multipart_uploads WHERE id = $1 FOR UPDATE", id)
    # A statement of its own: it sees the changes of those that had the lock before.
    return only_row(await connection.fetch(_UPLOAD, id))


def only_row(rows: Sequence[asyncpg.Record]) -> asyncpg.Record:
    """Return the one row that was looked for. Raises `NoSuchMultipartUploadError`."""
    if not rows:
        raise no_such_multipart_upload()
    return rows[0]


def to_upload(row: asyncpg.Record) -> MultipartUpload:
    """Return the upload of a row with all of `COLUMNS`."""
    return MultipartUpload(
        id=row["id"],
        file=msgspec.convert(row["file"], NewFile),
        owner=row["owner"],
        key=row["blob_key"],
        store_state=row["store_state"],
        checksums=None if row["checksums"] is None else msgspec.convert(row["checksums"], PartChecksums),
        part_size=row["part_size"],
        manifest=row["manifest"],
        stored=None if row["result"] is None else msgspec.convert(row["result"], Stored),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def to_part(row: asyncpg.Record) -> Part:
    """Return the part of a row with all of `PART_COLUMNS`, whose bytes are there."""
    return Part(
        number=row["number"],
        size=row["size"],
        md5=row["md5"],
        checksum=row["checksum"],
        key=row["blob_key"],
        receipt=row["receipt"],
        modified_at=row["modified_at"],
    )
