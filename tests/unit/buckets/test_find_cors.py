"""The CORS rules of public buckets are remembered shortly, boundedly, and never past a change made here."""

import asyncio

import pytest

from domain.access.callers import ROOT
from domain.buckets import find_cors
from domain.buckets.cors import CorsRule
from domain.buckets.delete_bucket import DeleteBucket
from domain.buckets.find_cors import FindCors
from domain.buckets.model import Policy
from domain.buckets.put_bucket import PutBucket
from domain.errors import CatalogBusyError
from domain.idempotency.executor import IdempotentExecutor
from tests.fakes.buckets import FakeBuckets
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock

RULES = (CorsRule(allowed_origins=("https://app.example",), allowed_methods=("GET",)),)
OPEN = Policy(public=True, cors=RULES)


class CountedBuckets(FakeBuckets):
    """Counts the reads of policies, and holds them up where a test says so."""

    reads = 0
    held: asyncio.Event | None = None

    async def get_policy(self, name: str) -> Policy:
        self.reads += 1
        try:
            return await super().get_policy(name)
        finally:
            if self.held is not None:
                await self.held.wait()


@pytest.fixture
def counted(catalog: FakeCatalog) -> CountedBuckets:
    return CountedBuckets(catalog.database)


@pytest.fixture
def find(counted: CountedBuckets, clock: FakeClock) -> FindCors:
    return FindCors(counted, clock)


async def test_only_a_public_bucket_has_rules(counted: CountedBuckets, find: FindCors) -> None:
    await counted.put_bucket("open", OPEN)
    await counted.put_bucket("closed", Policy(cors=RULES))
    assert [await find(bucket) for bucket in ("open", "closed", "nowhere")] == [RULES, (), ()]


async def test_rules_are_read_again_after_a_while(counted: CountedBuckets, find: FindCors, clock: FakeClock) -> None:
    await counted.put_bucket("open", OPEN)
    for _ in range(3):
        assert (await find("open"), await find("nowhere")) == (RULES, ())
    assert counted.reads == 2
    await counted.put_bucket("open", Policy())  # by another process
    clock.advance(find_cors.MAX_AGE_SECONDS - 0.1)
    assert await find("open") == RULES
    clock.advance(0.1)
    assert await find("open") == ()


async def test_a_change_made_here_is_seen_at_once(
    catalog: FakeCatalog, counted: CountedBuckets, find: FindCors, clock: FakeClock
) -> None:
    put = PutBucket(counted, IdempotentExecutor(catalog.idempotency_keys, clock, lease=30, ttl=60), find)
    await put(ROOT, "open", OPEN)
    assert await find("open") == RULES
    await put(ROOT, "open", Policy(cors=RULES))
    assert await find("open") == ()
    await put(ROOT, "open", OPEN)
    assert await find("open") == RULES
    await DeleteBucket(counted, find)(ROOT, "open")
    assert await find("open") == ()


async def test_a_read_that_a_change_overtook_is_not_remembered(counted: CountedBuckets, find: FindCors) -> None:
    await counted.put_bucket("open", OPEN)
    counted.held = asyncio.Event()
    reading = asyncio.create_task(find("open"))
    await asyncio.sleep(0)
    await counted.put_bucket("open", Policy())
    find.forget("open")
    counted.held.set()
    assert await reading == RULES
    assert await find("open") == ()


async def test_of_many_names_the_ones_read_last_are_remembered(counted: CountedBuckets, find: FindCors) -> None:
    for number in range(find_cors.MAX_BUCKETS + 1):
        await find(f"b{number}")
    await find(f"b{find_cors.MAX_BUCKETS}")
    assert counted.reads == find_cors.MAX_BUCKETS + 1
    await find("b0")
    assert counted.reads == find_cors.MAX_BUCKETS + 2


async def test_while_the_catalog_does_not_tell_there_are_none(
    catalog: FakeCatalog, counted: CountedBuckets, find: FindCors
) -> None:
    await counted.put_bucket("open", OPEN)
    catalog.database.fail_with = CatalogBusyError("busy")
    assert await find("open") == ()
    catalog.database.fail_with = None
    assert await find("open") == RULES
