"""Small files that meet: replaced, copied and deleted at once, while the policy of their bucket changes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress

import anyio
import pytest

from adapters.postgres import Pool
from adapters.postgres.database.connections import Connection
from domain.access.callers import ROOT
from domain.buckets.errors import QuotaExceededError
from domain.buckets.model import Policy, Usage
from domain.errors import FileportError
from domain.files.model import Destination, Location
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import condemned, inlined, usage
from tests.support.factories import NewFileFactory
from tests.support.parts.postgres_ports import PostgresPorts

AT_ONCE = 8
ROUNDS = 5


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool, grace=3600)


async def put(catalog: PostgresPorts, name: str, *, size: int = 6, bucket: str = "default") -> None:
    blob = inlined(bytes(size), size=size)
    await catalog.files.commit_file(NewFileFactory.build(bucket=bucket, name=name), blob)


async def check(catalog: PostgresPorts) -> None:
    """Check that every blob counts its files, that those without are condemned, and that usage adds up."""
    records = [
        each.record for each in await catalog.integrity.list_inline_records(after=None, limit=1000, hashed=False)
    ]
    assert [each for each in records if each.file_count != each.files] == []
    assert {each.key for each in records if each.files == 0} == set(await condemned(catalog))
    assert await catalog.integrity.find_miscounted_usage() == []


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

    async def tried(work: Awaitable[None]) -> None:
        with suppress(FileportError):
            await work

    for round_ in range(ROUNDS):
        await put(catalog, "a")
        work = [put(catalog, "a"), put(catalog, "a"), copy(round_), copy(round_), delete("a"), delete(f"copy-{round_}")]
        await asyncio.gather(*map(tried, work))
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


async def test_a_small_file_is_stored_in_as_few_round_trips_as_there_may_be(pool: Pool) -> None:
    queries: list[str] = []
    async with pool.connection() as connection:
        catalog = PostgresPorts(OnlyConnection(connection))
        await catalog.buckets.put_bucket("songs", Policy(quota_files=5))
        connection.add_query_logger(lambda record: queries.append(record.query))
        for bucket, expected in (("default", (1, 2)), ("songs", (5,))):
            for count in expected:
                queries.clear()
                await put(catalog, "a", bucket=bucket)
                await anyio.lowlevel.checkpoint()  # the driver calls its loggers a little later
                assert len(queries) == count, queries
        queries.clear()
        await catalog.files.get_file_with_content(Location("default", "a"))
        await anyio.lowlevel.checkpoint()
        assert len(queries) == 1
