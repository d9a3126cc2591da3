"""The record of a file: how rows and domain files map."""

from collections.abc import Iterable, Sequence

import asyncpg
import msgspec

from domain.files.attributes import Attributes
from domain.files.errors import no_such_file
from domain.files.model import File

COLUMNS = """
id, bucket, name, content_type, size, sha256, blob_key, metadata, tags, revision, created_at, updated_at, expires_at,
keeps_expiry, attributes
"""
UNEXPIRED = "(expires_at IS NULL OR expires_at > statement_timestamp())"
FILE = f"SELECT {COLUMNS} FROM files WHERE id = $1 AND {UNEXPIRED}"
FILE_NAMED = f"SELECT {COLUMNS} FROM files WHERE bucket = $1 AND name = $2 AND {UNEXPIRED}"
# $2 are the forms of a name, the one that is preferred first.
FILE_FOUND = f"""
SELECT {COLUMNS} FROM files
WHERE bucket = $1 AND name = ANY($2::text[]) AND {UNEXPIRED}
ORDER BY array_position($2::text[], name) LIMIT 1
"""


def to_file(row: asyncpg.Record) -> File:
    """Return the file of a row with all of `COLUMNS`."""
    return File(
        id=row["id"],
        bucket=row["bucket"],
        name=row["name"],
        content_type=row["content_type"],
        size=row["size"],
        sha256=row["sha256"],
        blob_key=row["blob_key"],
        metadata=row["metadata"],
        tags=tuple(row["tags"]),
        revision=row["revision"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        expires_at=row["expires_at"],
        keeps_expiry=row["keeps_expiry"],
        attributes=_attributes(row["attributes"]),
    )


def to_files(rows: Iterable[asyncpg.Record]) -> list[File]:
    """Return the files of rows with all of `COLUMNS` and nothing else.

    By position: for a page of files, looking each column up by its name takes longer than encoding the page.
    """
    return [
        File(
            id=id,
            bucket=bucket,
            name=name,
            content_type=content_type,
            size=size,
            sha256=sha256,
            blob_key=blob_key,
            metadata=metadata,
            tags=tuple(tags),
            revision=revision,
            created_at=created_at,
            updated_at=updated_at,
            expires_at=expires_at,
            keeps_expiry=keeps_expiry,
            attributes=_attributes(attributes),
        )
        for (
            id,
            bucket,
            name,
            content_type,
            size,
            sha256,
            blob_key,
            metadata,
            tags,
            revision,
            created_at,
            updated_at,
            expires_at,
            keeps_expiry,
            attributes,
        ) in rows
    ]


def _attributes(kept: object) -> Attributes | None:
    return None if kept is None else msgspec.convert(kept, Attributes)


def only(rows: Sequence[asyncpg.Record]) -> File:
    """Return the one file that was looked for. Raises `NoSuchFileError`."""
    if not rows:
        raise no_such_file()
    return to_file(rows[0])
