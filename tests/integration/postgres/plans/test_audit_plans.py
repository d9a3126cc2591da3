"""Listings of a hundred thousand entries of the audit are served by an index, under custom and under generic plans."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres import Pool, create_pool
from adapters.postgres.audit.listing import list_statement
from adapters.postgres.database.connections import Connection
from domain.access.scopes import Scope
from domain.audit.model import AuditPosition, AuditQuery
from tests.support.parts.databases import new_database

# Spread over the present month and the one before. One of a thousand is rare in every way.
FILL = """
INSERT INTO audit (at, id, action, outcome, caller, bucket, file_id, name)
SELECT statement_timestamp() - n * interval '20 seconds', gen_random_uuid(),
    CASE WHEN n % 1000 = 7 THEN 'bucket.delete' ELSE 'file.create' END, 'done',
    CASE WHEN n % 1000 = 7 THEN 'key:rare' ELSE 'key:' || n % 10 END,
    CASE WHEN n % 1000 = 7 THEN 'rare' ELSE 'bucket-' || n % 20 END, gen_random_uuid(), 'dir-' || n % 200 || '/' || n
FROM generate_series(1, 100000) AS n
"""
NOW = datetime.now(UTC)
AFTER = AuditPosition(at=NOW - timedelta(days=1), id=UUID(int=0))
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "rare caller": {"caller": "key:rare"},
    "rare action": {"action": "bucket.delete"},
    "rare bucket": {"bucket": "rare"},
    "frequent bucket": {"bucket": "bucket-3"},
    "file": {"file_id": UUID(int=7)},
    "bucket and caller": {"bucket": "bucket-3", "caller": "key:3"},
    "time": {"since": NOW - timedelta(days=2), "until": NOW - timedelta(days=1)},
    "time in a bucket": {"bucket": "rare", "since": NOW - timedelta(days=2)},
    "areas": {"areas": tuple(Scope(actions=("admin",), bucket=f"bucket-{n}", prefix=f"dir-{n}/") for n in range(20))},
    "area of many buckets": {"areas": (Scope(actions=("admin",), bucket="bucket-*"),)},
}


@pytest.fixture(scope="module")
async def large(postgres: str, template: str) -> AsyncIterator[Pool]:
    """A database with a hundred thousand entries."""
    async with new_database(postgres, template) as dsn, create_pool(dsn) as pool:
        async with pool.connection() as connection:
            await connection.execute(FILL)
            await connection.execute("VACUUM ANALYZE audit")
        yield pool


# Index and table pages that one page of a hundred entries takes, however large the table is. Each of twenty areas looks
# through ten entries of its bucket for each that is in it, and has a page for itself.
PAGES = {"areas": 20_000, "area of many buckets": 4000}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("after", [None, AFTER], ids=["first page", "later page"])
@pytest.mark.parametrize("name", FILTERS)
async def test_a_page_is_read_from_an_index(large: Pool, name: str, after: AuditPosition | None, mode: str) -> None:
    sql, values = list_statement(AuditQuery(**FILTERS[name], after=after, limit=100))
    async with large.connection() as connection, connection.transaction():
        await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
        await connection.execute(f"PREPARE listing AS {sql}")
        literals = ", ".join([await _literal(connection, value) for value in values])
        rows = await connection.fetch(
            f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF) EXECUTE listing({literals})"
        )
        await connection.execute("DEALLOCATE listing")
    plan = "\n".join(row[0] for row in rows)
    assert _pages(plan) < PAGES.get(name, 500), plan


async def _literal(connection: Connection, value: object) -> str:
    if isinstance(value, list):
        literal: str = await connection.fetchval("SELECT quote_nullable($1::text[]::text)", value)
    else:
        literal = await connection.fetchval("SELECT quote_nullable($1::text)", str(value))
    return literal


def _pages(plan: str) -> int:
    [first] = [line for line in plan.splitlines() if "Buffers: shared" in line][:1]
    return sum(int(part.partition("=")[2]) for part in first.split() if part.startswith(("hit=", "read=")))
