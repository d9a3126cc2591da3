"""Listings of twenty thousand files are served by an index; those that cannot be are named here, with the reason."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from adapters.postgres import Pool, create_pool
from adapters.postgres.batches import TOUCHED
from adapters.postgres.files.changes import LOCK_BY_NAME
from adapters.postgres.files.folding import UNFOLDED
from adapters.postgres.files.records import FILE_FOUND
from adapters.postgres.files.search.by_name import name_statement
from adapters.postgres.files.search.listing import count_statement, list_statement, sorting_statement
from adapters.postgres.jobs import CLAIM, FORGET_ENDED, examine_statement, newest_statement
from adapters.postgres.maintenance import RECORDS_AFTER
from adapters.postgres.quotas.room import TAKEN
from domain.access.scopes import Permissions, Scope
from domain.batches.apply_batch import CHUNK
from domain.files.name_forms import beginnings
from domain.files.search.by_name import NameQuery
from domain.files.search.model import FileQuery, decode_cursor, encode_cursor, parse_sort
from domain.files.search.where import parse_where
from domain.jobs.model import JobPosition
from tests.support.access import ALL_SHOWN, scope
from tests.support.parts.databases import new_database
from tests.support.parts.postgres_ports import PostgresPorts

FILL = """
INSERT INTO buckets (name, public) SELECT 'bucket-' || n, false FROM generate_series(1, 20) AS n;
INSERT INTO blobs (key, state, file_count, size, sha256)
SELECT lpad(n::text, 32, '0'), 'live', 1, n * 7919 % 1000003, encode(sha256(n::text::bytea), 'hex')
FROM generate_series(1, 20000) AS n;
INSERT INTO blobs (key, state, lease_until)
SELECT 'staged' || n, 'staged', now() + n * interval '1 second' FROM generate_series(1, 500) AS n;
INSERT INTO files (
    id, bucket, name, content_type, size, sha256, blob_key, metadata, tags, name_words, revision,
    created_at, updated_at, expires_at
)
SELECT
    gen_random_uuid(), 'bucket-' || 1 + n % 20, 'dir-' || n % 200 || '/song ' || n || '.mp3',
    (ARRAY['audio/mpeg', 'image/png', 'text/plain; charset=utf-8', 'application/pdf'])[1 + n % 4],
    size, sha256, key,
    jsonb_build_object('artist', 'Artist ' || n % 500, 'streams', n * 31 % 100000, 'live', n % 2 = 0),
    ARRAY['tag-' || n % 300, 'even-' || n % 2],
    array_to_tsvector(ARRAY['dir', (n % 200)::text, 'song', n::text, 'mp3']), 1 + n % 3,
    now() - n * interval '1 minute', now() - n * 17 % 20000 * interval '1 minute',
    CASE WHEN n % 10 = 0 THEN now() + n * interval '1 minute' END
FROM generate_series(1, 20000) AS n JOIN blobs ON key = lpad(n::text, 32, '0');
INSERT INTO jobs (
    id, kind, bucket, prefix, state, position, done, failed, problems, epoch, attempts, due_at, created_at, updated_at,
    finished_at
)
SELECT
    gen_random_uuid(), 'delete', 'default', '', CASE WHEN n % 100 = 0 THEN 'queued' ELSE 'done' END, '', 0, 0, '[]',
    0, 0, CASE WHEN n % 100 = 0 THEN now() END, now() - n * interval '1 minute', now(),
    CASE WHEN n % 100 > 0 THEN now() - n * interval '1 minute' END
FROM generate_series(1, 5000) AS n;
INSERT INTO idempotency_keys (caller, key, fingerprint, holder, expires_at)
SELECT 'root', n::text, n::text, gen_random_uuid(), now() + n * interval '1 second' FROM generate_series(1, 20000) AS n;
INSERT INTO bucket_usage SELECT bucket, 0, sum(size), count(*) FROM files GROUP BY bucket;
"""

NOW = datetime.now(UTC)
FILTERS: dict[str, dict[str, Any]] = {
    "none": {},
    "bucket": {"bucket": "bucket-3"},
    "prefix": {"prefix": "dir-7/"},
    "prefix in a bucket": {"bucket": "bucket-3", "prefix": "dir-2"},
    "prefix of two forms": {"prefix": "dir-é/"},
    "prefix of two forms in a bucket": {"bucket": "bucket-3", "prefix": "dir-é/"},
    "name": {"name": "dir-7/song 7.mp3"},
    "name of two forms": {"name": "dir-7/é.mp3"},
    "rare word": {"words": ("song", "77")},
    "frequent word": {"words": ("song",)},
    "type": {"content_type": "image/png"},
    "types": {"content_type": "image/*"},
    "no type": {"content_type": "video/*"},
    "rare tag": {"tags": ("tag-7",)},
    "frequent tag": {"tags": ("even-1",)},
    "metadata": {"metadata": {"artist": "Artist 7"}},
    "large": {"min_size": 999_000},
    "small": {"max_size": 10},
    "any size": {"min_size": 10, "max_size": 1_000_000},
    "created": {"created_after": NOW - timedelta(hours=2)},
    "updated": {"updated_before": NOW - timedelta(days=13)},
    "where eq": {"where": parse_where({"metadata.artist": {"eq": "Artist 7"}})},
    "where in": {"where": parse_where({"metadata.artist": {"in": ["Artist 7", "Artist 8"]}})},
    "where name in": {"where": parse_where({"name": {"in": ["dir-7/song 7.mp3", "dir-7/é.mp3"]}})},
    "where name like": {"where": parse_where({"name": {"like": "dir-7/%é%"}})},
    "where name ilike": {"where": parse_where({"name": {"ilike": "%SONG 7%"}})},
    "where ilike": {"where": parse_where({"metadata.artist": {"ilike": "%ARTIST 7%"}})},
    "where bounds": {"where": parse_where({"metadata.streams": {"gte": 50_000, "lt": 90_000}})},
    "where sha256": {"where": parse_where({"sha256": {"eq": "0" * 64}})},
    "where id": {"where": parse_where({"id": {"eq": "00000000-0000-0000-0000-000000000000"}})},
    "where or": {"where": parse_where({"or": [{"size": {"eq": 5}}, {"metadata.artist": {"eq": "Artist 9"}}]})},
    "where expiry": {"where": parse_where({"expires_at": {"lt": (NOW + timedelta(hours=1)).isoformat()}})},
}
UNCOUNTED = {"frequent word", "any size", "where ilike", "where bounds", "where name ilike"}
COUNTED = FILTERS.keys() - UNCOUNTED

ORDERS = [
    "id", "-id", "bucket", "-bucket,name", "name", "-name", "content_type", "-content_type", "sha256", "size", "-size",
    "created_at", "-created_at", "updated_at", "-updated_at", "expires_at", "-expires_at",
    "size,name", "-size,name",
]  # fmt: skip
# Among all files these are found by reading them all and keeping the first, within `SEARCH_TIMEOUT`: metadata may be
# sorted by any path, and there cannot be an index for each; and nobody was thought to need revisions.
UNSERVED = ["metadata.artist", "-metadata.streams,name", "revision"]


@pytest.fixture(scope="module")
async def large(postgres: str, template: str) -> AsyncIterator[Pool]:
    """A database with twenty thousand files."""
    async with new_database(postgres, template) as dsn, create_pool(dsn) as pool:
        async with pool.connection() as connection:
            await connection.execute(FILL)
            await connection.execute("VACUUM ANALYZE")
        yield pool


async def plan(pool: Pool, statement: tuple[str, list[Any]]) -> str:
    sql, values = statement
    async with pool.connection() as connection:
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *values))


def is_served(plan: str) -> bool:
    return "Index" in plan and "Seq Scan on files" not in plan


@pytest.mark.parametrize("name", FILTERS)
async def test_a_filtered_listing_is_served_by_an_index(large: Pool, name: str) -> None:
    found = await plan(large, list_statement(FileQuery(**FILTERS[name])))
    assert is_served(found), found


@pytest.mark.parametrize("name", sorted(COUNTED))
async def test_a_count_is_served_by_an_index_where_the_filter_is(large: Pool, name: str) -> None:
    found = await plan(large, count_statement(FileQuery(**FILTERS[name])))
    assert is_served(found), found


async def test_a_filter_is_planned_for_its_values_however_often_it_is_used(large: Pool) -> None:
    queries = [FileQuery(tags=(f"tag-{number}",), bucket=f"bucket-{1 + number % 20}") for number in range(20)]
    async with large.connection() as connection:
        for query in queries:
            for sql, values in (count_statement(query), list_statement(query), sorting_statement(query)):
                await connection.fetch(sql, *values)
        kept = await connection.fetchval(
            "SELECT sum(generic_plans) FROM pg_prepared_statements WHERE statement = ANY($1::text[])",
            [count_statement(queries[0])[0], list_statement(queries[0])[0], sorting_statement(queries[0])[0]],
        )
    assert kept == 0


@pytest.mark.parametrize("order", ORDERS)
async def test_an_ordered_listing_is_served_by_an_index_on_every_page(large: Pool, order: str) -> None:
    first = FileQuery(sort=parse_sort(order))
    [file] = await PostgresPorts(large).search.list_files(FileQuery(sort=first.sort, offset=10_000, limit=1))
    after = decode_cursor(encode_cursor(file, first.sort), first.sort)
    for query in (first, FileQuery(sort=first.sort, after=after)):
        found = await plan(large, list_statement(query))
        assert is_served(found), found


@pytest.mark.parametrize("order", [*ORDERS, *UNSERVED])
async def test_any_order_is_served_by_an_index_within_a_filter_that_is(large: Pool, order: str) -> None:
    for filter_ in ("bucket", "rare tag", "metadata", "prefix"):
        found = await plan(large, list_statement(FileQuery(**FILTERS[filter_], sort=parse_sort(order))))
        assert is_served(found), found


@pytest.mark.parametrize("fields", [{}, {"delimiter": "/"}, {"delimiter": "/", "after": "dir-7/", "prefix": "dir-"}])
@pytest.mark.parametrize("areas", [None, (scope("bucket-3", "dir-7/", "list"), scope("bucket-3", "dir-9/", "list"))])
async def test_a_listing_by_name_jumps_from_entry_to_entry(
    large: Pool, fields: dict[str, Any], areas: tuple[Scope, ...] | None
) -> None:
    sql, values = name_statement(NameQuery(bucket="bucket-3", areas=areas, limit=1000, **fields))
    found = await plan(large, (sql, values))
    assert is_served(found), found
    assert "files_bucket_name_key" in found
    async with large.connection() as connection:
        analyzed = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", *values)
        entries = len(await connection.fetch(sql, *values))
    read = msgspec.json.decode(analyzed[0][0])[0]["Plan"]
    pages = read["Shared Hit Blocks"] + read["Shared Read Blocks"]
    # A thousand files are in the bucket, on pages of their own.
    assert "delimiter" not in fields or pages <= 30 * (entries + 1), pages


@pytest.mark.parametrize(
    ("sql", "index"),
    [
        (
            "SELECT key FROM blobs WHERE state = 'staged' AND lease_until <= statement_timestamp()",
            "blobs_lapsing_index",
        ),
        ("SELECT key FROM blobs WHERE state = 'condemned' AND due_at <= statement_timestamp()", "blobs_due_index"),
        ("SELECT id FROM files WHERE expires_at <= statement_timestamp()", "files_expires_at_index"),
        (
            "SELECT sum(size) FROM files WHERE bucket = 'bucket-1' AND expires_at <= statement_timestamp()",
            "files_bucket_expires_at_index",
        ),
        (
            "SELECT key FROM idempotency_keys WHERE expires_at <= statement_timestamp()",
            "idempotency_keys_expires_at_index",
        ),
    ],
)
async def test_what_is_due_is_found_by_an_index(large: Pool, sql: str, index: str) -> None:
    assert index in await plan(large, (sql, []))


async def test_a_file_of_a_name_of_two_forms_is_found_by_an_index(large: Pool) -> None:
    assert "files_bucket_name_key" in await plan(large, (FILE_FOUND, ["bucket-3", ["dir-é", "dir-e\u0301"]]))


async def test_what_is_reserved_of_a_quota_is_found_by_an_index(large: Pool) -> None:
    assert "blobs_reserved_index" in await plan(large, (TAKEN, ["bucket-7", None]))


async def test_names_that_are_not_folded_are_found_by_an_index(large: Pool) -> None:
    assert "files_unfolded_index" in await plan(large, (UNFOLDED, [500]))


async def test_a_batch_finds_its_files_by_an_index(large: Pool) -> None:
    files = await PostgresPorts(large).search.list_files(FileQuery(limit=CHUNK))
    ids, buckets, names = [[getattr(file, field) for file in files] for field in ("id", "bucket", "name")]
    for statement in ((LOCK_BY_NAME, [buckets, names]), (TOUCHED, [ids, buckets, names])):
        found = await plan(large, statement)
        assert is_served(found), found


@pytest.mark.parametrize(("prefix", "after"), [("", ""), ("dir-7/", ""), ("dir-7/", "dir-7/song 1407.mp3")])
async def test_a_job_goes_through_its_prefix_by_an_index_however_far_it_is(
    large: Pool, prefix: str, after: str
) -> None:
    [beginning] = beginnings(prefix)
    sql, values = examine_statement("bucket-8", beginning, NOW, after=after, limit=50)
    async with large.connection() as connection:
        for mode in ("force_custom_plan", "force_generic_plan"):
            async with connection.transaction():
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                found = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *values))
            assert "files_bucket_name_key" in found
            assert "Sort" not in found
            [condition] = [line for line in found.splitlines() if "Index Cond" in line]
            assert "name >=" in condition
            assert "name >" in condition.replace("name >=", "")
            assert ("name <" in condition) == bool(prefix)


@pytest.mark.parametrize("order", ["-created_at", "name", "-size"])
@pytest.mark.parametrize(
    "scopes",
    [
        (scope("bucket-3", None, "list"),),
        (scope("bucket-3", "dir-2", "list"), scope("bucket-4", "dir-3/", "list")),
        tuple(scope(f"bucket-{n % 20 + 1}", f"dir-{n}/", "list") for n in range(100)),
    ],
    ids=["a bucket", "two prefixes", "a hundred prefixes"],
)
async def test_a_listing_over_all_buckets_reads_no_files_out_of_scope(
    large: Pool, scopes: tuple[Scope, ...], order: str
) -> None:
    query = FileQuery(areas=Permissions(scopes).areas("list"), sort=parse_sort(order))
    assert is_served(await plan(large, list_statement(query)))
    assert is_served(await plan(large, count_statement(query)))


def test_callers_of_different_scopes_share_statements() -> None:
    statements = {
        list_statement(FileQuery(areas=tuple(scope(f"b{n}", f"{n}/", "list") for n in range(count))))[0]
        for count in range(1, 101)
    }
    assert len(statements) == 8


@pytest.mark.parametrize(
    ("sql", "values", "index"),
    [
        (CLAIM, [1.0, 10, "system", None, None], "jobs_due_index"),
        (FORGET_ENDED, [1.0, 10], "jobs_finished_at_index"),
        (*newest_statement(ALL_SHOWN, after=None, limit=10), "jobs_created_at_index"),
        (
            *newest_statement(ALL_SHOWN, after=JobPosition(created_at=NOW, id=UUID(int=0)), limit=10),
            "jobs_created_at_index",
        ),
    ],
)
async def test_jobs_are_found_by_an_index(large: Pool, sql: str, values: list[Any], index: str) -> None:
    found = await plan(large, (sql, values))
    assert index in found
    assert "Seq Scan" not in found


@pytest.mark.parametrize("after", ["", f"{7:032}", f"{19_950:032}"])
async def test_blobs_are_paged_by_place_and_their_files_counted_by_an_index(large: Pool, after: str) -> None:
    found = await plan(large, (RECORDS_AFTER, [after, 1000]))
    assert "blobs_place_index" in found
    assert "files_blob_key_index" in found
    assert "Sort" not in found
    assert "Seq Scan" not in found
