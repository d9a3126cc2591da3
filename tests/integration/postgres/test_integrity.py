"""What does not add up is found and put right while files come and go, each change on a connection of its own."""

import asyncio
from random import Random

import pytest

from adapters.postgres import Pool
from domain.access.callers import ROOT
from domain.buckets.errors import BucketNotEmptyError, NoSuchBucketError
from domain.buckets.model import Policy, Usage
from domain.files.errors import NameTakenError, NoSuchFileError
from domain.files.model import Destination, File
from domain.maintenance.model import Miscount
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import stored, usage
from tests.support.parts.postgres_ports import PostgresPorts

BUCKETS = ["default", "one", "two"]
REFUSALS = (BucketNotEmptyError, NameTakenError, NoSuchBucketError, NoSuchFileError)
MISCOUNT = """
INSERT INTO bucket_usage AS used SELECT bucket, 99, 1000, 5 FROM unnest($1::text[]) AS bucket
ON CONFLICT (bucket, shard) DO UPDATE SET bytes = used.bytes + 1000, files = used.files + 5
"""


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool)


async def execute(pool: Pool, sql: str, *values: object) -> None:
    async with pool.connection() as connection:
        await connection.execute(sql, *values)


async def storm(catalog: PostgresPorts, files: list[File], seed: int) -> None:
    """Upload, copy and delete without end."""
    random = Random(seed)
    while True:
        bucket, file = random.choice(BUCKETS), random.choice(files)
        try:
            match random.randrange(4):
                case 0:
                    await stored(catalog, bucket=bucket, name=str(random.randrange(20)), size=random.randrange(1000))
                case 1:
                    to = Destination(bucket=bucket, name=f"copy-{random.randrange(20)}")
                    await catalog.files.copy_file(ROOT, file.id, to, NO_PRECONDITION)
                case 2:
                    doomed = await catalog.files.get_file_by_name(bucket, f"copy-{random.randrange(20)}")
                    await catalog.files.delete_file(ROOT, doomed.id, NO_PRECONDITION)
                case _:
                    await catalog.buckets.put_bucket("brief", Policy())
                    await catalog.buckets.delete_bucket("brief")
        except REFUSALS:
            continue


async def test_usage_is_right_after_a_recount_amid_a_storm(pool: Pool, catalog: PostgresPorts) -> None:
    for bucket in BUCKETS[1:]:
        await catalog.buckets.put_bucket(bucket, Policy())
    files = [await stored(catalog, size=7) for _ in range(3)]
    storms = [asyncio.create_task(storm(catalog, files, seed)) for seed in range(4)]
    for _ in range(10):
        await execute(pool, MISCOUNT, BUCKETS)
        assert {each.bucket for each in await catalog.integrity.find_miscounted_usage()} == set(BUCKETS)
        # One of those at once does all of it.
        assert sorted(await asyncio.gather(*(catalog.integrity.recount_usage() for _ in range(3)))) == [0, 0, 3]
        assert await catalog.integrity.find_miscounted_usage() == []
    for each in storms:
        assert not each.done()
        each.cancel()
    await asyncio.gather(*storms, return_exceptions=True)
    assert await catalog.integrity.find_miscounted_usage() == []


async def test_file_counts_are_right_after_a_recount_amid_a_storm(pool: Pool, catalog: PostgresPorts) -> None:
    for bucket in BUCKETS[1:]:
        await catalog.buckets.put_bucket(bucket, Policy())
    files = [await stored(catalog, size=7) for _ in range(3)]
    keys = [file.blob_key for file in files]
    storms = [asyncio.create_task(storm(catalog, files, seed)) for seed in range(4)]
    for _ in range(30):
        await execute(pool, "UPDATE blobs SET file_count = file_count + 1 WHERE key = ANY($1)", keys)
        wrong = await catalog.integrity.get_blob_records(keys)
        assert all(record.file_count == record.files + 1 for record in wrong.values())
        await asyncio.gather(*(catalog.integrity.recount_files(order) for order in (keys, keys[::-1])))
        right = await catalog.integrity.get_blob_records(keys)
        assert all(record.file_count == record.files for record in right.values())
    for each in storms:
        assert not each.done()
        each.cancel()
    await asyncio.gather(*storms, return_exceptions=True)


async def test_a_count_that_is_too_small_is_found_out_where_files_are_in_shards(
    pool: Pool, catalog: PostgresPorts
) -> None:
    await asyncio.gather(*(stored(catalog, size=10) for _ in range(20)))
    await execute(pool, "DELETE FROM bucket_usage")
    wrong = Miscount(bucket="default", counted=Usage(), actual=Usage(bytes=200, files=20))
    assert await catalog.integrity.find_miscounted_usage() == [wrong]
    assert await catalog.integrity.recount_usage() == 1
    assert await usage(catalog) == Usage(bytes=200, files=20)
