"""`python -m bench.load_catalog`: fill an empty catalog with made-up files by COPY, consistent with all its rules.

Blobs count their files, buckets' usage adds up, names are folded and split into words as a commit does it. The bytes
do not exist: `fileport fsck` reports them as lost. The same seed and time make the same files.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import asyncpg

from adapters.postgres import migrate
from adapters.postgres.database.connections import Connection
from adapters.postgres.files.search.names import folded_name
from bench.catalog.rows import BUCKETS, PUBLIC_BUCKET, Row, made_up
from domain.files.names import search_words

FILES = 5_000_000
SEED = 22

_BATCH = 20_000
_LINES_AT_ONCE = 400
# One unfinished upload, and one deleted blob that the reaper has not removed yet, for so many files.
_FILES_TO_UNFINISHED = 1_000
_JOBS = 5_000
_FILES = [
    "id",
    "bucket",
    "name",
    "content_type",
    "size",
    "sha256",
    "blob_key",
    "metadata",
    "tags",
    "name_words",
    "revision",
    "created_at",
    "updated_at",
    "expires_at",
    "folded_from",
    "folded_name",
]
_BLOBS = ["key", "state", "file_count", "size", "sha256", "crc32", "created_at"]
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_SECONDARY = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid IN ('files'::regclass, 'blobs'::regclass) AND NOT indisunique
"""
_COUNT_COPIES = """
UPDATE blobs SET file_count = file_count + copies
FROM unnest($1::text[], $2::integer[]) AS copied (key, copies) WHERE blobs.key = copied.key
"""
_LOAD_AUDIT = """
INSERT INTO audit (at, id, action, outcome, caller, address, request_id, bucket, file_id, name)
SELECT created_at, gen_random_uuid(), 'file.create', 'done', 'key:' || right(blob_key, 1), '192.0.2.7',
    gen_random_uuid()::text, bucket, id, name
FROM files ORDER BY created_at DESC LIMIT $1
"""
_LOAD_UNFINISHED = """
INSERT INTO blobs (key, state, lease_until)
SELECT md5('staged' || n), 'staged', now() + (n - $1 / 10) * interval '1 second' FROM generate_series(1, $1) AS n;
INSERT INTO blobs (key, state, size, sha256, due_at)
SELECT md5('condemned' || n), 'condemned', n, encode(sha256(n::text::bytea), 'hex'),
    now() + (n - $1 / 10) * interval '1 second'
FROM generate_series(1, $1) AS n
"""
_LOAD_JOBS = """
INSERT INTO jobs (
    id, kind, bucket, prefix, state, position, done, failed, problems, epoch, attempts, due_at, created_at, updated_at,
    finished_at, owner
)
SELECT
    gen_random_uuid(), 'delete', bucket, split_part(name, '/', 1) || '/',
    CASE WHEN n % 100 = 0 THEN 'queued' ELSE 'done' END, '', 0, 0, '[]', 0, 0,
    CASE WHEN n % 100 = 0 THEN now() END, now() - n * interval '1 minute', now(),
    CASE WHEN n % 100 > 0 THEN now() - n * interval '1 minute' END, 'key:' || n % 16
FROM (SELECT bucket, name, row_number() OVER () AS n FROM files ORDER BY created_at DESC LIMIT $1) AS newest
"""


async def load(
    connection: "asyncpg.Connection[asyncpg.Record]", files: int, *, seed: int, now: datetime, audit: int
) -> None:
    """Fill the catalog, whose tables are empty, with so many files, and the audit of the newest `audit` of them.

    The connection is a superuser's: nothing checks the references of the rows meanwhile. Indexes are made after them.
    """
    if await connection.fetchval("SELECT EXISTS (SELECT FROM files)"):
        raise SystemExit("The catalog holds files already.")
    for setting in (
        "statement_timeout = 0",
        "synchronous_commit = off",
        "maintenance_work_mem = '1GB'",
        "max_parallel_maintenance_workers = 0",
        "session_replication_role = replica",
    ):
        await connection.execute(f"SET {setting}")
    await _make_buckets(connection)
    indexes = await connection.fetch(_SECONDARY)
    for index in indexes:
        await connection.execute(f"DROP INDEX {index['name']}")
    await connection.execute("ALTER TABLE files DROP CONSTRAINT files_bucket_name_key")
    await _copy_files(connection, made_up(files, seed, now))
    await connection.execute("ALTER TABLE files ADD CONSTRAINT files_bucket_name_key UNIQUE (bucket, name)")
    for index in indexes:
        await connection.execute(index["definition"])
    unfinished = max(10, files // _FILES_TO_UNFINISHED)
    for statement in _LOAD_UNFINISHED.replace("$1", str(unfinished)).split(";"):
        await connection.execute(statement)
    await connection.execute(_LOAD_JOBS, min(_JOBS, files))
    if audit:
        await connection.fetch("SELECT make_audit_partitions($1, 40)", now - timedelta(days=365 * 3))
        await connection.execute(_LOAD_AUDIT, min(audit, files))
    await connection.execute("VACUUM ANALYZE")


async def _make_buckets(connection: Connection) -> None:
    await connection.execute(
        "INSERT INTO buckets (name, public, public_listing) "
        "SELECT name, name = $2, name = $2 FROM unnest($1::text[]) AS name",
        list(BUCKETS),
        PUBLIC_BUCKET,
    )


async def _copy_files(connection: "asyncpg.Connection[asyncpg.Record]", rows: Iterable[Row]) -> None:
    usage: dict[str, list[int]] = {bucket: [0, 0] for bucket in BUCKETS}
    copies: Counter[str] = Counter()
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        await _copy(connection, "blobs", _BLOBS, [_blob_line(row) for row in batch if not row.is_copy])
        await _copy(connection, "files", _FILES, [_file_line(row) for row in batch])
        copies.update(row.blob_key for row in batch if row.is_copy)
        for row in batch:
            usage[row.bucket][0] += row.size
            usage[row.bucket][1] += 1
    await connection.execute(_COUNT_COPIES, list(copies), list(copies.values()))
    await connection.executemany(
        "INSERT INTO bucket_usage (bucket, shard, bytes, files) VALUES ($1, 0, $2, $3)",
        [(bucket, size, files) for bucket, (size, files) in usage.items()],
    )


async def _copy(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, columns: Sequence[str], lines: Sequence[bytes]
) -> None:
    async def source() -> AsyncIterator[bytes]:
        for first in range(0, len(lines), _LINES_AT_ONCE):
            yield b"".join(lines[first : first + _LINES_AT_ONCE])

    await connection.copy_to_table(table, source=source(), columns=columns, format="text")


def _blob_line(row: Row) -> bytes:
    return _line(row.blob_key, "live", 1, row.size, row.sha256, int(row.sha256[:8], 16), row.created_at)


def _file_line(row: Row) -> bytes:
    folded = folded_name(row.name)
    return _line(
        row.id,
        row.bucket,
        row.name,
        row.content_type,
        row.size,
        row.sha256,
        row.blob_key,
        json.dumps(row.metadata, separators=(",", ":"), ensure_ascii=False),
        "{" + ",".join(row.tags) + "}",
        " ".join(f"'{word}'" for word in search_words(row.name)),
        row.revision,
        row.created_at,
        row.updated_at,
        row.expires_at,
        None if folded is None else row.name,
        folded,
    )


def _line(*values: object) -> bytes:
    """Return a line of COPY's text format."""
    return "\t".join("\\N" if value is None else str(value).translate(_ESCAPES) for value in values).encode() + b"\n"


async def _main(options: argparse.Namespace) -> None:
    began = time.monotonic()
    await migrate(options.dsn)
    connection = await asyncpg.connect(options.dsn)
    try:
        audit = options.files // 5 if options.audit is None else options.audit
        await load(connection, options.files, seed=options.seed, now=datetime.now(UTC), audit=audit)
        size = await connection.fetchval("SELECT pg_size_pretty(pg_database_size(current_database()))")
    finally:
        await connection.close()
    print(f"{options.files:,} files in {time.monotonic() - began:,.0f} s; the database has {size}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.load_catalog", description="Fill an empty catalog.")
    parser.add_argument("dsn", help="the database, as its superuser; the tables are made where there are none")
    parser.add_argument("files", type=int, nargs="?", default=FILES, help=f"how many files (default: {FILES})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"(default: {SEED})")
    parser.add_argument("--audit", type=int, help="how many entries of the audit (default: a fifth of the files)")
    return parser


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(_parser().parse_args())))
