"""Periodic work goes on after a failure."""

import anyio
import pytest
import structlog
from msgspec.structs import replace

from domain.blobs.errors import BlobStoreUnavailableError
from domain.blobs.model import Blob
from domain.blobs.reservations import Reservations
from domain.buckets.model import Policy
from domain.files.model import NewFile
from domain.idempotency.model import KeyClaim
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.maintenance.reap import ReapCounts
from domain.values.ids import new_id
from service.runtime.periodic import keep_leases, reap_forever, work_on_jobs_forever
from service.runtime.wake_up import WakeUp
from tests.contracts.jobs import deleting
from tests.fakes.blobs.store import BLOB_STORE_DOWN, FakeBlobStore
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN
from tests.support.access import ALL_SHOWN
from tests.support.limits import LIMITS
from tests.support.reaper import reaper

BRIEF = Policy(default_ttl=60)


@pytest.mark.parametrize("failure", [CATALOG_DOWN, RuntimeError("a bug")])
async def test_a_round_that_fails_is_logged_and_the_next_one_does_the_work(
    catalog: FakeCatalog, blobs: FakeBlobStore, failure: Exception
) -> None:
    await catalog.blob_records.reserve_blobs(["k"], lease=0)
    catalog.database.fail_with = failure
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: reap_forever(reaper(catalog, blobs), interval=0))
            while not logs:
                await anyio.lowlevel.checkpoint()
            catalog.database.fail_with = None
            while catalog.database.blobs:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    assert logs[0]["event"] == "reaping failed"
    done = [(log["lapsed"], log["removed"]) for log in logs if log["event"] == "reaped"]
    assert done == [(1, 0), (0, 1)]


async def test_expired_files_go_with_their_bytes(catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock) -> None:
    blobs.stored["k"] = b"x"
    await catalog.blob_records.reserve_blobs(["k"], lease=10)
    await catalog.buckets.put_bucket("brief", BRIEF)
    await catalog.files.commit_file(
        NewFile(bucket="brief", name="a", content_type="a/b"), Blob(key="k", size=1, sha256="0" * 64)
    )
    reap = reaper(catalog, blobs)
    assert not [reaped async for reaped in reap()]
    clock.advance(60)
    assert [reaped async for reaped in reap()] == [ReapCounts(expired=1), ReapCounts(removed=1)]
    assert not blobs.stored
    assert not catalog.database.blobs


@pytest.mark.parametrize("failure", [CATALOG_DOWN, RuntimeError("a bug")])
async def test_leases_are_renewed_again_and_again(catalog: FakeCatalog, clock: FakeClock, failure: Exception) -> None:
    reservations = Reservations(catalog.blob_records, clock, lease=100, batch=1)
    reservation = await reservations.take()
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: keep_leases(reservations, interval=0))
            clock.advance(60)
            catalog.database.fail_with = failure
            while not logs:
                await anyio.lowlevel.checkpoint()
            catalog.database.fail_with = None
            for _ in range(5):
                due = reservation.renew_at
                clock.advance(60)
                while reservation.renew_at == due:
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    assert not reservation.lost
    assert {log["event"] for log in logs} == {"keeping leases failed"}
    assert await catalog.blob_records.condemn_lapsed(limit=10) == 0


async def test_jobs_that_ended_long_ago_are_forgotten(
    catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    await catalog.jobs.create_job("root", deleting("a"))
    assert [job.state async for job in WorkOnJobs(catalog.jobs, lease=10)()] == ["done"]
    await catalog.jobs.create_job("root", deleting("b"))
    reap = reaper(catalog, blobs, replace(LIMITS, job_retention=60))
    assert not [reaped async for reaped in reap()]
    clock.advance(60)
    assert [reaped async for reaped in reap()] == [ReapCounts(jobs=1)]
    assert [job.task.prefix for job in await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10)] == ["b"]


@pytest.mark.parametrize("failure", [CATALOG_DOWN, RuntimeError("a bug")])
async def test_a_worker_goes_on_with_jobs_after_a_failure_and_rests_until_the_wake_up(
    catalog: FakeCatalog, failure: Exception
) -> None:
    wake_up = WakeUp()
    catalog.database.fail_with = failure
    with structlog.testing.capture_logs() as logs:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: work_on_jobs_forever(WorkOnJobs(catalog.jobs, lease=10), wake_up, interval=3600))
            while not logs:
                await anyio.lowlevel.checkpoint()
            catalog.database.fail_with = None
            for number in range(2):
                job = await catalog.jobs.create_job("root", deleting("a"))
                wake_up.notify()
                while len(logs) < number + 2:
                    await anyio.lowlevel.checkpoint()
                assert logs[-1]["id"] == str(job.id)
            tasks.cancel_scope.cancel()
    assert [log["event"] for log in logs] == ["working on jobs failed", "job done", "job done"]


async def test_results_of_requests_go_when_they_were_kept_for_long_enough(
    catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    for key, ttl in (("a", 60.0), ("b", 60.0), ("c", 90.0)):
        claim = KeyClaim(id=new_id(), caller="root", key=key, ttl=ttl)
        await catalog.idempotency_keys.claim_key(claim, "1" * 64, lease=10)
        await catalog.buckets.put_bucket("brief", BRIEF, claim)
    reap = reaper(catalog, blobs)
    assert not [reaped async for reaped in reap()]
    clock.advance(60)
    assert [reaped async for reaped in reap()] == [ReapCounts(keys=2)]
    assert [key for _, key in catalog.database.keys] == ["c"]


async def test_one_blob_that_cannot_be_removed_does_not_hold_up_the_others(
    catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    keys = ["a", "b", "c", "d"]
    blobs.stored = dict.fromkeys(keys, b"x")
    await catalog.blob_records.reserve_blobs(keys, lease=10)
    await catalog.blob_records.release_blobs(keys, at_once=True)
    blobs.stuck = {"b"}
    reap = reaper(catalog, blobs)
    assert [reaped async for reaped in reap()] == [ReapCounts(removed=3, refused=1)]
    assert list(blobs.stored) == list(catalog.database.blobs) == ["b"]


async def test_a_store_that_is_down_ends_the_round_and_keeps_every_row(
    catalog: FakeCatalog, blobs: FakeBlobStore
) -> None:
    await catalog.blob_records.reserve_blobs(["a", "b"], lease=10)
    await catalog.blob_records.release_blobs(["a", "b"], at_once=True)
    blobs.fail_with = BLOB_STORE_DOWN
    with pytest.raises(BlobStoreUnavailableError):
        [reaped async for reaped in reaper(catalog, blobs)()]
    assert list(catalog.database.blobs) == ["a", "b"]


async def test_the_claims_of_a_dead_reaper_pass_to_another_when_its_lease_ends(
    catalog: FakeCatalog, blobs: FakeBlobStore, clock: FakeClock
) -> None:
    await catalog.blob_records.reserve_blobs(["a"], lease=10)
    await catalog.blob_records.release_blobs(["a"], at_once=True)
    await catalog.blob_records.claim_condemned(limit=10, lease=10)
    reap = reaper(catalog, blobs, replace(LIMITS, staged_lease=5))
    assert not [reaped async for reaped in reap()]
    clock.advance(10)
    blobs.stuck = {"a"}
    assert [reaped async for reaped in reap()] == [ReapCounts(refused=1)]
    blobs.stuck = set()
    assert not [reaped async for reaped in reap()]
    clock.advance(5)
    assert [reaped async for reaped in reap()] == [ReapCounts(removed=1)]
