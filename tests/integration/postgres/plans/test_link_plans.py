"""Thousands of links are found, listed, counted and forgotten by indexes, whatever the values of a statement are."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres import Pool, create_pool
from adapters.postgres.links import (
    COUNT_USE,
    END_ORPHANS,
    FIND,
    FORGET_ADDRESSES,
    FORGET_ENDED,
    LIST_OF_BUCKET,
    LIST_OF_FILE,
)
from tests.support.parts.databases import new_database

FILL = """
INSERT INTO links (
    id, kind, token_hash, secret, maker_kind, maker_id, created_at, expires_at, file_id, bucket, prefix
)
SELECT
    md5(n::text)::uuid, CASE WHEN n % 2 = 0 THEN 'share' ELSE 'upload' END, sha256(n::text::bytea), '', 'root', '',
    now(), CASE WHEN n % 50 > 0 THEN now() + n * interval '1 minute' END,
    CASE WHEN n % 2 = 0 THEN md5((n % 700)::text)::uuid END, CASE WHEN n % 2 = 1 THEN 'bucket-' || n % 100 END,
    CASE WHEN n % 2 = 1 THEN '' END
FROM generate_series(1, 20000) AS n;
INSERT INTO link_addresses (link_id, address, used_at, stale_at)
SELECT id, '10.0.0.1', now(), now() + interval '1 hour' FROM links;
"""
FILE = UUID(int=7)


@pytest.fixture(scope="module")
async def linked(postgres: str, template: str) -> AsyncIterator[Pool]:
    """A database with twenty thousand links."""
    async with new_database(postgres, template) as dsn, create_pool(dsn) as pool:
        async with pool.connection() as connection:
            await connection.execute(
                "INSERT INTO buckets (name, public) SELECT 'bucket-' || n, false FROM generate_series(0, 99) AS n"
            )
            await connection.execute(FILL)
            await connection.execute("VACUUM ANALYZE links, link_addresses")
        yield pool


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("sql", "values", "index"),
    [
        (FIND, [b"x" * 32], "links_token_hash_index"),
        (LIST_OF_FILE, [FILE, None, None, None, 20], "links_file_index"),
        (LIST_OF_FILE, [FILE, "key", "k1", FILE, 20], "links_file_index"),
        (LIST_OF_BUCKET, ["bucket-7", None, None, FILE, 20], "links_bucket_index"),
        (COUNT_USE, [FILE, "10.0.0.1", "link", None, None], "links_pkey"),
        (FORGET_ENDED, [60.0, 500], "links_end_index"),
        (FORGET_ADDRESSES, [500], "link_addresses_stale_index"),
    ],
)
async def test_links_are_found_by_an_index(linked: Pool, sql: str, values: list[Any], index: str, mode: str) -> None:
    found = await plan(linked, sql, values, mode)
    assert index in found, found
    assert "Seq Scan on links" not in found, found


async def test_links_that_end_with_their_file_alone_are_found_by_an_index(linked: Pool) -> None:
    assert "links_endless_index" in await plan(linked, END_ORPHANS, [500], "force_generic_plan")


async def plan(pool: Pool, sql: str, values: list[Any], mode: str) -> str:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *values))
