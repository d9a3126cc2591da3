"""Commits that meet: of one name, of one blob, with copies, deletes, leases that end and policies that change.

Each with files whose bytes the catalog keeps, and with files whose bytes are in the blob store.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

import anyio
import pytest

from adapters.postgres import Pool
from adapters.postgres.database.connections import Connection
from domain.access.callers import ROOT
from domain.blobs.model import Blob, BlobRecord
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Policy, Usage
from domain.errors import FileportError, LeaseLostError
from domain.files.model import Destination, Location, Stored
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts import setup
from tests.contracts.setup import reserved, usage
from tests.support.factories import BlobFactory, NewFileFactory
from tests.support.parts.postgres_ports import PostgresPorts

AT_ONCE = 8
ROUNDS = 5

only_staged = pytest.mark.parametrize("keeps_inline", [False], indirect=True, ids=["staged"])


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool, grace=3600)


@pytest.fixture(autouse=True, params=[True, False], ids=["inline", "staged"])
def keeps_inline(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(setup, "keeps_inline", request.param)
    return bool(request.param)


async def put(catalog: PostgresPorts, name: str, *, size: int = 6, bucket: str = "default") -> None:
    blob = await reserved(catalog, size=size)
    await commit(catalog, name, blob, bucket=bucket)


async def commit(catalog: PostgresPorts, name: str, blob: Blob, *, bucket: str = "default") -> Stored:
    return await catalog.files.commit_file(NewFileFactory.build(bucket=bucket, name=name), blob)


async def list_records(catalog: PostgresPorts) -> list[BlobRecord]:
    inline = await catalog.integrity.list_inline_records(after=None, limit=1000, hashed=False)
    return [*(each.record for each in inline), *await catalog.integrity.list_blob_records(after=None, limit=1000)]


async def check(catalog: PostgresPorts) -> None:
    """Check that every blob counts its files, that those with files are live, and that usage adds up."""
    records = await list_records(catalog)
    assert [each for each in records if each.file_count != each.files] == []
    assert {each.key for each in records if each.state == "live"} == {each.key for each in records if each.files}
    assert await catalog.integrity.find_miscounted_usage() == []


async def tried(work: Awaitable[None]) -> None:
    with suppress(FileportError):
        await work


async def until_waiting(connection: Connection) -> None:
    """Return when another connection waits for a lock that this one has."""
    while not await connection.fetchval(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
    ):
        await anyio.lowlevel.checkpoint()


async def test_uploads_of_one_name_replace_each_other_one_after_another(catalog: PostgresPorts) -> None:
    for _ in range(ROUNDS):
        await asyncio.gather(*(put(catalog, "a", size=size) for size in range(AT_ONCE)))
    file = await catalog.files.get_file_by_name("default", "a")
    assert file.revision == AT_ONCE * ROUNDS
    assert await usage(catalog) == Usage(bytes=file.size, files=1)
    await check(catalog)


async def test_uploads_meet_copies_and_deletes_of_the_same_file(catalog: PostgresPorts) -> None:
    async def copy(number: int) -> None:
        file = await catalog.files.get_file_by_name("default", "a")
        await catalog.files.copy_file(ROOT, file.id, Destination(name=f"copy-{number}"), NO_PRECONDITION)

    async def delete(name: str) -> None:
        await catalog.files.delete_file(ROOT, Location("default", name), NO_PRECONDITION)

    for round_ in range(ROUNDS):
        await put(catalog, "a")
        work = [put(catalog, "a"), put(catalog, "a"), copy(round_), copy(round_), delete("a"), delete(f"copy-{round_}")]
        await asyncio.gather(*map(tried, work))
    await check(catalog)


@pytest.mark.parametrize("names", [["a"], ["a", "b"]])
async def test_commits_of_one_blob_at_once_make_one_file(catalog: PostgresPorts, names: list[str]) -> None:
    for name in names:
        await put(catalog, name)  # which is replaced
    for _ in range(ROUNDS):
        blob = await reserved(catalog)
        commits = await asyncio.gather(*(commit(catalog, name, blob) for name in names * AT_ONCE))
        assert len({each.file.id for each in commits}) == 1
    await check(catalog)


@only_staged
async def test_a_lease_ends_or_its_blob_becomes_a_file(catalog: PostgresPorts) -> None:
    for name in ("new", "replaced") * ROUNDS:
        if name == "new":
            await tried(catalog.files.delete_file(ROOT, Location("default", name), NO_PRECONDITION))
        blob = BlobFactory.build()
        await catalog.blob_records.reserve_blobs([blob.key], lease=0)
        condemned, outcome = await asyncio.gather(
            catalog.blob_records.condemn_lapsed(limit=10), commit(catalog, name, blob), return_exceptions=True
        )
        if condemned:
            assert isinstance(outcome, LeaseLostError)
        else:
            assert isinstance(outcome, Stored)
    await check(catalog)


@only_staged
async def test_a_commit_waits_for_whoever_takes_its_lease(catalog: PostgresPorts, pool: Pool) -> None:
    await put(catalog, "replaced")
    for name in ("new", "replaced"):
        blob = await reserved(catalog)
        async with pool.connection() as other:
            transaction = other.transaction()
            await transaction.start()
            await other.execute(
                "UPDATE blobs SET state = 'condemned', lease_until = NULL, due_at = now() WHERE key = $1", blob.key
            )
            committing = asyncio.create_task(commit(catalog, name, blob))
            await until_waiting(other)
            await transaction.commit()
        with pytest.raises(LeaseLostError):
            await committing
    assert (await usage(catalog)).files == 1
    await check(catalog)


async def test_a_quota_that_comes_meanwhile_holds_from_then_on(catalog: PostgresPorts) -> None:
    for round_ in range(ROUNDS):
        bucket = f"quota-{round_}"
        await catalog.buckets.put_bucket(bucket, Policy())
        uploads = [put(catalog, f"{number}", bucket=bucket) for number in range(AT_ONCE)]
        results = await asyncio.gather(
            *uploads[:4],
            catalog.buckets.put_bucket(bucket, Policy(quota_files=4)),
            *uploads[4:],
            return_exceptions=True,
        )
        assert {type(each) for each in results if isinstance(each, Exception)} <= {QuotaExceededError}
        refused = sum(isinstance(each, Exception) for each in results)
        files = (await usage(catalog, bucket)).files
        assert files == AT_ONCE - refused
        with pytest.raises(QuotaExceededError):
            await put(catalog, "late", bucket=bucket)
    await check(catalog)


async def test_a_quota_is_never_exceeded_by_uploads_at_once(catalog: PostgresPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy(quota_files=5, quota_bytes=25))
    results = await asyncio.gather(
        *(put(catalog, f"{number}", size=5, bucket="songs") for number in range(2 * AT_ONCE)), return_exceptions=True
    )
    assert sum(result is None for result in results) == 5
    assert await usage(catalog, "songs") == Usage(bytes=25, files=5)
    await check(catalog)


class OnlyConnection:
    """Lends a connection that somebody has taken from a pool."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        yield self._connection


async def test_a_file_is_committed_in_as_few_round_trips_as_there_may_be(pool: Pool) -> None:
    queries: list[str] = []
    async with pool.connection() as connection:
        catalog = PostgresPorts(OnlyConnection(connection))
        await catalog.buckets.put_bucket("songs", Policy(quota_files=5))
        connection.add_query_logger(lambda record: queries.append(record.query))
        for bucket, expected in (("default", (1, 2)), ("songs", (5,))):
            for count in expected:
                blob = await reserved(catalog)
                await anyio.lowlevel.checkpoint()  # the driver calls its loggers a little later
                queries.clear()
                await commit(catalog, "a", blob, bucket=bucket)
                await anyio.lowlevel.checkpoint()
                assert len(queries) == count, queries
        queries.clear()
        await catalog.files.get_file_with_content(Location("default", "a"))
        await anyio.lowlevel.checkpoint()
        assert len(queries) == 1
