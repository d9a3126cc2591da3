"""Many workers at once, each on a connection of its own."""

import asyncio

import pytest
from msgspec.structs import replace

from adapters.postgres import Pool
from domain.access.callers import ROOT
from domain.batches.model import Delete
from domain.buckets.model import Policy
from domain.jobs import work_on_jobs
from domain.jobs.model import Job
from domain.jobs.work_on_jobs import WorkOnJobs
from tests.contracts.jobs import deleting, fill, moving, names
from tests.contracts.setup import LEASE, stored, usage
from tests.support.parts.postgres_ports import PostgresPorts


@pytest.fixture
def catalog(pool: Pool) -> PostgresPorts:
    return PostgresPorts(pool)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step have few files, and a turn few steps."""
    monkeypatch.setattr(work_on_jobs, "STEP", {"delete": 3, "move": 3})
    monkeypatch.setattr(work_on_jobs, "STEPS_PER_CLAIM", 2)


async def work(catalog: PostgresPorts, *, lease: float) -> list[Job]:
    return [job async for job in WorkOnJobs(catalog.jobs, lease=lease)()]


@pytest.mark.parametrize("lease", [LEASE, 0.01])
async def test_workers_at_once_do_every_file_once(catalog: PostgresPorts, lease: float) -> None:
    await catalog.buckets.put_bucket("songs", Policy())
    for prefix in ("a/", "b/", "c/"):
        await fill(catalog, *(f"{prefix}{number:02}" for number in range(20)))
    tasks = [moving("a/", "a/b/"), deleting("b/"), moving("c/", "", to_bucket="songs")]
    jobs = [await catalog.jobs.create_job("root", task) for task in tasks]
    # With a lease that is over before many steps are, they take each other's jobs all the time.
    await asyncio.gather(*(work(catalog, lease=lease) for _ in range(4)))
    await work(catalog, lease=lease)
    for job in jobs:
        ended = await catalog.jobs.get_job(job.id)
        assert (ended.state, ended.progress.done, ended.progress.failed) == ("done", 20, 0)
    assert await names(catalog) == [f"a/b/{number:02}" for number in range(20)]
    assert await names(catalog, "songs") == [f"{number:02}" for number in range(20)]
    assert (await usage(catalog)).files == (await usage(catalog, "songs")).files == 20


async def test_a_job_amid_other_changes_takes_nothing_that_came_later(catalog: PostgresPorts) -> None:
    files = await fill(catalog, *(f"a/{number:02}" for number in range(60)))
    job = await catalog.jobs.create_job("root", deleting("a/"))
    kept: set[str] = set()

    async def replace_some() -> None:
        for number in range(0, 60, 6):
            kept.add((await stored(catalog, name=f"a/{number:02}")).name)

    async def rename_some() -> None:
        for file in files[1::6]:
            if changed := await catalog.files.change_file(replace(file, name=f"{file.name}-renamed")):
                kept.add(changed.name)

    async def delete_some() -> None:
        for file in files[2::6]:
            await catalog.batches.apply_batch(ROOT, [Delete(address=file.id)])

    await asyncio.gather(work(catalog, lease=LEASE), replace_some(), rename_some(), delete_some())
    ended = await catalog.jobs.get_job(job.id)
    assert ended.state == "done"
    assert set(await names(catalog)) == kept
    assert (await usage(catalog)).files == len(kept)


async def test_a_job_that_is_cancelled_amid_its_steps_stops_between_two(catalog: PostgresPorts) -> None:
    await fill(catalog, *(f"a/{number:02}" for number in range(40)))
    job = await catalog.jobs.create_job("root", deleting("a/"))
    working = asyncio.create_task(work(catalog, lease=LEASE))
    while (await catalog.jobs.get_job(job.id)).progress.done == 0:
        pass
    cancelled = await catalog.jobs.end_job(job.id)
    await working
    if cancelled is None:  # it was quicker
        assert await names(catalog) == []
    else:
        assert await catalog.jobs.get_job(job.id) == cancelled
        assert len(await names(catalog)) == 40 - cancelled.progress.done
