"""Many at once, each on a connection of its own."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import anyio
import pytest
from msgspec.structs import replace

from adapters.postgres import Pool
from domain.access.callers import ROOT
from domain.batches.model import Change, Copy, Delete
from domain.blobs.model import new_blob_key
from domain.buckets.errors import BucketNotEmptyError, NoSuchBucketError, QuotaExceededError
from domain.buckets.model import Policy, Usage
from domain.files.errors import NameTakenError, NoSuchFileError
from domain.files.model import Destination, File, Location, NewFile, Stored
from domain.files.patches import FilePatch
from domain.files.search.model import FileQuery
from domain.values.preconditions import NO_PRECONDITION, Precondition
from tests.contracts.setup import LEASE, changed, claims, expired, reserved, stored, usage
from tests.support.factories import NewFileFactory
from tests.support.parts.postgres_ports import PostgresPorts
from tests.support.races import kinds, race


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool)


@pytest.mark.parametrize("quota", [None, 10**6])
async def test_of_many_writers_of_one_name_all_are_answered_and_one_file_is_left(
    catalog: PostgresPorts, quota: int | None
) -> None:
    await catalog.buckets.put_bucket("songs", Policy(quota_bytes=quota))
    blobs = [await reserved(catalog, size=size) for size in range(1, 21)]
    new = NewFileFactory.build(bucket="songs", name="a")
    results, refusals = await race(catalog.files.commit_file(new, blob) for blob in blobs)
    assert not refusals
    assert sorted(result.file.revision for result in results) == list(range(1, 21))
    assert [result.file.revision for result in results if result.created] == [1]
    last = max((result.file for result in results), key=lambda file: file.revision)
    assert await catalog.files.get_file_by_name("songs", "a") == last
    assert await usage(catalog, "songs") == Usage(bytes=last.size, files=1)
    assert set(await claims(catalog)) == {blob.key for blob in blobs} - {last.blob_key}


async def test_the_room_of_expired_files_is_given_away_once(catalog: PostgresPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy(quota_bytes=100))
    for _ in range(10):
        await expired(catalog, bucket="songs", size=10)
    blobs = [await reserved(catalog, size=10) for _ in range(20)]
    commits = [catalog.files.commit_file(NewFileFactory.build(bucket="songs"), blob) for blob in blobs]
    expiries = [catalog.files.expire_files(limit=1) for _ in range(5)]
    results, refusals = await race([*commits, *expiries])
    assert len([result for result in results if isinstance(result, Stored)]) == 10
    assert kinds(refusals) == {QuotaExceededError}
    assert await usage(catalog, "songs") == Usage(bytes=100, files=10)
    await catalog.files.expire_files(limit=10)
    assert await usage(catalog, "songs") == Usage(bytes=100, files=10)
    assert await catalog.integrity.find_miscounted_usage() == []


async def test_of_many_who_may_only_create_one_does(catalog: PostgresPorts) -> None:
    new = NewFileFactory.build(name="a", precondition=Precondition(if_none_match=()))
    blobs = [await reserved(catalog) for _ in range(20)]
    results, refusals = await race(catalog.files.commit_file(new, blob) for blob in blobs)
    assert (len(results), len(refusals)) == (1, 19)


async def test_a_commit_that_is_repeated_at_once_makes_one_file(catalog: PostgresPorts) -> None:
    new, blob = NewFileFactory.build(), await reserved(catalog)
    results, refusals = await race(catalog.files.commit_file(new, blob) for _ in range(20))
    assert not refusals
    assert len({result.file.id for result in results}) == 1
    assert (await usage(catalog)).files == 1


async def test_of_fifty_changes_of_one_revision_one_is_made(catalog: PostgresPorts) -> None:
    file = await stored(catalog)
    results, refusals = await race(
        catalog.files.change_file(replace(file, tags=(str(number),))) for number in range(50)
    )
    assert not refusals
    [winner] = [result for result in results if result is not None]
    assert await catalog.files.get_file(file.id) == winner
    assert winner.revision == 2


async def test_of_many_renames_to_one_name_one_is_made(catalog: PostgresPorts) -> None:
    files = [await stored(catalog) for _ in range(20)]
    results, refusals = await race(catalog.files.change_file(replace(file, name="a")) for file in files)
    assert len(results) == 1
    assert kinds(refusals) == {NameTakenError}


async def test_of_many_deletions_of_one_file_one_is_made(catalog: PostgresPorts) -> None:
    file = await stored(catalog)
    results, refusals = await race(catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION) for _ in range(20))
    assert len(results) == 1
    assert kinds(refusals) == {NoSuchFileError}
    assert list(await claims(catalog)) == [file.blob_key]
    assert await usage(catalog) == Usage()


async def test_files_that_share_bytes_may_be_deleted_at_once(catalog: PostgresPorts) -> None:
    for _ in range(10):
        file = await stored(catalog, name="a")
        copy = await catalog.files.copy_file(ROOT, file.id, Destination(name="b"), NO_PRECONDITION)
        await race(catalog.files.delete_file(ROOT, each.id, NO_PRECONDITION) for each in (file, copy))
        [claim] = (await claims(catalog)).values()
        assert claim.key == file.blob_key
        assert await catalog.blob_records.forget_blobs([claim]) == 1


async def test_a_file_that_is_deleted_while_it_is_copied_keeps_its_bytes_or_was_not_copied(
    catalog: PostgresPorts,
) -> None:
    for number in range(20):
        file = await stored(catalog)
        copies, _ = await race(
            [
                catalog.files.copy_file(ROOT, file.id, Destination(name=f"copy {number}"), NO_PRECONDITION),
                catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION),
            ]
        )
        was_copied = any(isinstance(each, File) for each in copies)
        assert (file.blob_key in await claims(catalog)) == (not was_copied)


async def test_batches_over_the_same_files_in_opposite_orders_are_all_done(pool: Pool, catalog: PostgresPorts) -> None:
    buckets = ["default", "songs", "films"]
    for bucket in buckets[1:]:
        await catalog.buckets.put_bucket(bucket, Policy())
    files = [await stored(catalog, size=3) for _ in range(20)]
    orders = [(files, buckets), (files[::-1], buckets[::-1])] * 4
    batches = [
        [Change(address=file.id, patch=FilePatch(bucket=bucket)) for bucket in towards for file in order]
        for order, towards in orders
    ]
    results, refusals = await race(catalog.batches.apply_batch(ROOT, batch) for batch in batches)
    assert not refusals
    assert all(isinstance(outcome, File) for outcomes in results for outcome in outcomes)
    assert {(await catalog.files.get_file(file.id)).revision for file in files} == {1 + 8 * 3}
    await _check_sums(pool, catalog, buckets)


async def test_a_file_that_two_batches_delete_is_deleted_by_one(pool: Pool, catalog: PostgresPorts) -> None:
    files = [await stored(catalog) for _ in range(30)]
    orders = [files, files[::-1], files[15:] + files[:15]]
    results, _ = await race(
        catalog.batches.apply_batch(ROOT, [Delete(address=file.id) for file in order]) for order in orders
    )
    assert sum(outcome is None for outcomes in results for outcome in outcomes) == len(files)
    await _check_sums(pool, catalog, ["default"])


async def test_a_quota_holds_against_uploads_at_once(catalog: PostgresPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy(quota_bytes=50))
    blobs = [await reserved(catalog, size=10) for _ in range(20)]
    results, refusals = await race(stored(catalog, blob=blob, bucket="songs") for blob in blobs)
    assert (len(results), kinds(refusals)) == (5, {QuotaExceededError})
    assert await usage(catalog, "songs") == Usage(bytes=50, files=5)


async def test_a_quota_holds_against_moves_and_copies_at_once(catalog: PostgresPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy(quota_bytes=50))
    files = [await stored(catalog, size=10) for _ in range(20)]
    moves = [catalog.files.change_file(replace(file, bucket="songs")) for file in files[:10]]
    copies = [
        catalog.files.copy_file(ROOT, file.id, Destination(bucket="songs"), NO_PRECONDITION) for file in files[10:]
    ]
    results, refusals = await race([*moves, *copies])
    assert (len(results), kinds(refusals)) == (5, {QuotaExceededError})
    assert await usage(catalog, "songs") == Usage(bytes=50, files=5)


async def test_a_quota_that_comes_amid_uploads_holds_from_then_on(catalog: PostgresPorts) -> None:
    await catalog.buckets.put_bucket("songs", Policy())
    blobs = [await reserved(catalog, size=10) for _ in range(60)]
    uploads = [stored(catalog, blob=blob, bucket="songs") for blob in blobs]
    await race([*uploads[:30], catalog.buckets.put_bucket("songs", Policy(quota_bytes=200)), *uploads[30:]])
    used = await usage(catalog, "songs")
    listed = await catalog.search.list_files(FileQuery(bucket="songs", limit=100))
    assert used == Usage(bytes=10 * len(listed), files=len(listed))
    full = max(used.bytes, 200)
    with pytest.raises(QuotaExceededError):
        await stored(catalog, bucket="songs", size=full - used.bytes + 1)


async def test_a_policy_changes_amid_uploads_that_never_cease(catalog: PostgresPorts) -> None:
    is_changed = asyncio.Event()

    async def upload() -> None:
        while not is_changed.is_set():
            await stored(catalog, size=1)

    uploads = [asyncio.create_task(upload()) for _ in range(8)]
    for quota in (10**9, None, 10**9, None):
        await catalog.buckets.put_bucket("default", Policy(quota_bytes=quota))
    is_changed.set()
    await asyncio.gather(*uploads)


async def test_a_bucket_that_is_deleted_amid_uploads_is_gone_or_holds_them(catalog: PostgresPorts) -> None:
    for _ in range(20):
        await catalog.buckets.put_bucket("songs", Policy())
        blob = await reserved(catalog)
        _, refusals = await race([stored(catalog, blob=blob, bucket="songs"), catalog.buckets.delete_bucket("songs")])
        assert kinds(refusals) <= {NoSuchBucketError, BucketNotEmptyError}
        assert len(refusals) == 1
        if kinds(refusals) == {BucketNotEmptyError}:
            [file] = await catalog.search.list_files(FileQuery(bucket="songs"))
            await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)


async def test_a_bucket_is_made_once(catalog: PostgresPorts) -> None:
    results, _ = await race(catalog.buckets.put_bucket("songs", Policy(default_ttl=number)) for number in range(1, 21))
    assert [created for _, created in results].count(True) == 1


async def test_reapers_at_once_do_everything_once(catalog: PostgresPorts) -> None:
    await catalog.blob_records.reserve_blobs([new_blob_key() for _ in range(50)], lease=0)
    for _ in range(10):
        await expired(catalog)
    lapsed, _ = await race(catalog.blob_records.condemn_lapsed(limit=20) for _ in range(10))
    ended, _ = await race(catalog.files.expire_files(limit=4) for _ in range(10))
    assert (sum(lapsed), sum(ended)) == (50, 10)
    rounds, _ = await race(catalog.blob_records.claim_condemned(limit=20, lease=LEASE) for _ in range(10))
    found = [claim for round_ in rounds for claim in round_]
    assert (len(found), len({claim.key for claim in found})) == (60, 60)
    forgotten, _ = await race(catalog.blob_records.forget_blobs(found) for _ in range(5))
    assert sum(forgotten) == 60
    assert await usage(catalog) == Usage()


async def test_after_a_storm_everything_adds_up(pool: Pool, catalog: PostgresPorts) -> None:
    names, buckets = [f"file {number}" for number in range(8)], ["default", "songs", "films"]
    await catalog.buckets.put_bucket("songs", Policy(quota_bytes=400))
    await catalog.buckets.put_bucket("films", Policy(default_ttl=3600))

    async def act(random: Random) -> None:
        bucket, name = random.choice(buckets), random.choice(names)
        action = random.randrange(7)
        if action == 0:
            new = NewFile(bucket=bucket, name=name, content_type="text/plain")
            await catalog.files.commit_file(new, await reserved(catalog, size=random.randrange(100)))
            return
        file = await catalog.files.get_file_by_name(random.choice(buckets), random.choice(names))
        if action == 1:
            await catalog.files.change_file(replace(file, bucket=bucket, name=name))
        elif action == 2:
            await catalog.files.copy_file(ROOT, file.id, Destination(bucket=bucket, name=name), NO_PRECONDITION)
        elif action == 3:
            await catalog.files.delete_file(ROOT, file.id, NO_PRECONDITION)
        elif action == 4:
            await catalog.files.change_file(replace(file, expires_at=datetime.now(UTC) + timedelta(milliseconds=50)))
        elif action == 5:
            await catalog.files.expire_files(limit=5)
        else:
            await catalog.blob_records.forget_blobs(await catalog.blob_records.claim_condemned(limit=5, lease=LEASE))

    async def storm(seed: int) -> None:
        random = Random(seed)
        for _ in range(40):
            await race([act(random)])

    places = [Location(bucket, name) for bucket in buckets for name in names]
    await asyncio.gather(
        *(storm(seed) for seed in range(12)), *(_apply_batches(catalog, seed, places) for seed in range(3))
    )
    # None is to expire between the two sums.
    async with pool.connection() as connection:
        await connection.execute("UPDATE files SET expires_at = now() WHERE expires_at < now() + interval '1 minute'")
    await _check_sums(pool, catalog, buckets)
    assert (await usage(catalog, "songs")).bytes <= 400


async def _apply_batches(catalog: PostgresPorts, seed: int, places: list[Location]) -> None:
    random = Random(seed)

    def anywhere() -> Location:
        return random.choice(places)

    for _ in range(10):
        await catalog.batches.apply_batch(
            ROOT,
            [
                Change(address=anywhere(), patch=FilePatch(bucket=anywhere().bucket, name=anywhere().name)),
                Copy(address=anywhere(), to=Destination(bucket=anywhere().bucket)),
                Delete(address=anywhere()),
                Delete(address=anywhere()),
                Change(address=anywhere(), patch=FilePatch(name=anywhere().name)),
                Copy(address=anywhere(), to=Destination(name=anywhere().name)),
                Delete(address=anywhere()),
            ],
        )


async def _check_sums(pool: Pool, catalog: PostgresPorts, buckets: list[str]) -> None:
    async with pool.connection() as connection:
        # Expired files take no room, whether the reaper has deleted them or not.
        sums = """
        SELECT bucket, sum(size)::bigint, count(*) FROM files
        WHERE expires_at IS NULL OR expires_at > statement_timestamp() GROUP BY bucket
        """
        used = {row[0]: Usage(bytes=row[1], files=row[2]) for row in await connection.fetch(sums)}
        miscounted = """
        SELECT key FROM blobs LEFT JOIN files ON blob_key = key
        GROUP BY key HAVING file_count <> count(id)
        """
        assert await connection.fetch(miscounted) == []
    for bucket in buckets:
        assert await usage(catalog, bucket) == used.get(bucket, Usage())


async def test_an_original_that_expires_while_it_is_copied_makes_no_way_for_its_copy(
    pool: Pool, catalog: PostgresPorts
) -> None:
    async with pool.connection() as connection:
        soon = await connection.fetchval("SELECT clock_timestamp() + interval '0.5 seconds'")
        file = await changed(catalog, await stored(catalog, name="a"), expires_at=soon)
        async with connection.transaction():
            await connection.execute("SELECT FROM files FOR UPDATE")
            copying = asyncio.create_task(
                catalog.files.copy_file(ROOT, file.id, Destination(name="a"), NO_PRECONDITION)
            )
            # The copy has looked before the file expires, and goes on after it.
            while not await connection.fetchval("SELECT clock_timestamp() > $1", soon):
                await anyio.lowlevel.checkpoint()
    with pytest.raises((NameTakenError, NoSuchFileError)):
        await copying
    assert await catalog.files.expire_files(limit=10) == 1
    assert list(await claims(catalog)) == [file.blob_key]


async def test_what_was_committed_is_seen_by_all(pool: Pool, catalog: PostgresPorts) -> None:
    file = await changed(catalog, await stored(catalog), tags=("x",))
    assert await asyncio.gather(*(catalog.files.get_file(file.id) for _ in range(20))) == [file] * 20
