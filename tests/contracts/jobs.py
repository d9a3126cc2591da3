"""The contract of `domain.jobs.ports.Jobs`."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from msgspec.structs import replace

from domain.access.callers import ROOT
from domain.buckets.errors import NoSuchBucketError
from domain.buckets.model import Policy, Usage
from domain.files.model import Destination, File
from domain.files.names import MAX_NAME_BYTES
from domain.files.search.model import FileQuery, parse_sort
from domain.jobs.errors import NoSuchJobError
from domain.jobs.model import (
    MAX_ATTEMPTS,
    MAX_PROBLEMS,
    Job,
    JobClaim,
    JobPosition,
    JobProblem,
    PrefixDestination,
    Progress,
    Task,
)
from domain.values.preconditions import NO_PRECONDITION
from tests.contracts.setup import LEASE, CatalogPorts, changed, claims, exists, expired, stored, usage
from tests.support.access import ALL_SHOWN


def deleting(prefix: str, bucket: str = "default") -> Task:
    return Task(kind="delete", bucket=bucket, prefix=prefix)


def moving(prefix: str, to: str, *, bucket: str = "default", to_bucket: str | None = None) -> Task:
    return Task(kind="move", bucket=bucket, prefix=prefix, to=PrefixDestination(bucket=to_bucket, prefix=to))


async def claimed(catalog: CatalogPorts, *, lease: float = LEASE) -> JobClaim:
    """Claim a job that must be there."""
    claim = await catalog.jobs.claim_job(lease=lease)
    assert claim is not None
    return claim


async def steps(catalog: CatalogPorts, claim: JobClaim, *, limit: int) -> AsyncIterator[Job]:
    """Make steps until the job has ended."""
    while True:
        job = await catalog.jobs.advance_job(claim, lease=LEASE, limit=limit)
        assert job is not None
        yield job
        if job.finished_at is not None:
            return


async def work(catalog: CatalogPorts, *, limit: int = 2) -> Job:
    """Claim a job and do it to its end, which is told."""
    return [job async for job in steps(catalog, await claimed(catalog), limit=limit)][-1]


async def names(catalog: CatalogPorts, bucket: str = "default") -> list[str]:
    files = await catalog.search.list_files(FileQuery(bucket=bucket, sort=parse_sort("name"), limit=1000))
    return [file.name for file in files]


async def fill(catalog: CatalogPorts, *names: str, bucket: str = "default") -> list[File]:
    return [await stored(catalog, bucket=bucket, name=name, size=3) for name in names]


class TestKeepingJobs:
    async def test_a_job_is_queued_as_it_was_asked_for(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        for task in (deleting("a/"), deleting(""), moving("é", "ü/"), moving("a", "", to_bucket="songs")):
            job = await catalog.jobs.create_job("root", task)
            assert (job.task, job.state, job.progress) == (task, "queued", Progress())
            assert job.updated_at == job.created_at
            assert job.finished_at is None
            assert await catalog.jobs.get_job(job.id) == job

    async def test_a_job_is_about_buckets_that_are_there(self, catalog: CatalogPorts) -> None:
        for task in (deleting("a", "nowhere"), moving("a", "b", bucket="nowhere"), moving("a", "b", to_bucket="none")):
            with pytest.raises(NoSuchBucketError):
                await catalog.jobs.create_job("root", task)
        assert await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10) == []

    async def test_a_job_that_is_not_there_says_so(self, catalog: CatalogPorts) -> None:
        with pytest.raises(NoSuchJobError):
            await catalog.jobs.get_job(uuid4())
        with pytest.raises(NoSuchJobError):
            await catalog.jobs.end_job(uuid4())

    async def test_jobs_are_listed_the_newest_first_a_page_at_a_time(self, catalog: CatalogPorts) -> None:
        jobs = [await catalog.jobs.create_job("root", deleting(str(number))) for number in range(7)]
        assert await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10) == jobs[::-1]
        listed: list[Job] = []
        place: JobPosition | None = None
        while page := await catalog.jobs.list_jobs(ALL_SHOWN, after=place, limit=3):
            listed += page
            place = JobPosition(created_at=page[-1].created_at, id=page[-1].id)
        assert listed == jobs[::-1]

    async def test_only_jobs_that_ended_long_ago_are_forgotten(self, catalog: CatalogPorts) -> None:
        ended = [await catalog.jobs.create_job("root", deleting("a")) for _ in range(3)]
        for _ in ended:
            await work(catalog)
        waiting = await catalog.jobs.create_job("root", deleting("a"))
        assert await catalog.jobs.forget_jobs(age=3600, limit=10) == 0
        assert await catalog.jobs.forget_jobs(age=0, limit=2) == 2
        assert await catalog.jobs.forget_jobs(age=0, limit=2) == 1
        assert await catalog.jobs.forget_jobs(age=0, limit=2) == 0
        assert await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10) == [waiting]


class TestClaimingJobs:
    async def test_where_no_job_waits_there_is_nothing_to_claim(self, catalog: CatalogPorts) -> None:
        assert await catalog.jobs.claim_job(lease=LEASE) is None

    async def test_a_job_is_one_workers_until_its_lease_ends(self, catalog: CatalogPorts) -> None:
        job = await catalog.jobs.create_job("root", deleting("a"))
        claim = await claimed(catalog, lease=0)
        assert (claim.id, claim.kind) == (job.id, "delete")
        assert (await catalog.jobs.get_job(job.id)).state == "running"
        again = await claimed(catalog)
        assert (again.id, again.epoch > claim.epoch) == (job.id, True)
        assert await catalog.jobs.claim_job(lease=LEASE) is None

    async def test_the_job_that_has_waited_longest_is_claimed_first(self, catalog: CatalogPorts) -> None:
        jobs = [await catalog.jobs.create_job("root", deleting("a")) for _ in range(3)]
        assert [(await claimed(catalog)).id for _ in jobs] == [job.id for job in jobs]

    async def test_a_claim_that_was_outlived_does_nothing(self, catalog: CatalogPorts) -> None:
        [file] = await fill(catalog, "a")
        await catalog.jobs.create_job("root", deleting("a"))
        old, new = await claimed(catalog, lease=0), await claimed(catalog)
        assert await catalog.jobs.advance_job(old, lease=LEASE, limit=10) is None
        await catalog.jobs.release_job(old)
        assert await exists(catalog, file)
        assert await catalog.jobs.claim_job(lease=LEASE) is None
        job = await catalog.jobs.advance_job(new, lease=LEASE, limit=10)
        assert job is not None
        assert job.progress.done == 1
        assert await catalog.jobs.advance_job(new, lease=LEASE, limit=10) is None

    async def test_a_step_claims_the_job_anew(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "b")
        await catalog.jobs.create_job("root", deleting(""))
        claim = await claimed(catalog, lease=0)
        await catalog.jobs.advance_job(claim, lease=LEASE, limit=1)
        assert await catalog.jobs.claim_job(lease=LEASE) is None
        await catalog.jobs.advance_job(claim, lease=0, limit=1)
        assert await catalog.jobs.claim_job(lease=LEASE) is not None

    async def test_a_job_that_is_given_up_waits_behind_the_others_and_goes_on_where_it_was(
        self, catalog: CatalogPorts
    ) -> None:
        await fill(catalog, "a/1", "a/2", "a/3")
        first, second = (
            await catalog.jobs.create_job("root", deleting("a/")),
            await catalog.jobs.create_job("root", deleting("b/")),
        )
        claim = await claimed(catalog)
        await catalog.jobs.advance_job(claim, lease=LEASE, limit=2)
        await catalog.jobs.release_job(claim)
        assert await catalog.jobs.advance_job(claim, lease=LEASE, limit=2) is None
        assert (await catalog.jobs.get_job(first.id)).progress.done == 2
        assert (await claimed(catalog)).id == second.id
        ended = await work(catalog)
        assert (ended.id, ended.state, ended.progress.done) == (first.id, "done", 3)

    async def test_a_job_that_is_taken_up_in_vain_too_often_has_failed(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "b")
        job = await catalog.jobs.create_job("root", deleting(""))
        for _ in range(MAX_ATTEMPTS - 1):
            await claimed(catalog, lease=0)
        # A step ends the row of vain attempts, and what is given up is none.
        await catalog.jobs.advance_job(await claimed(catalog), lease=0, limit=1)
        await catalog.jobs.release_job(await claimed(catalog))
        for _ in range(MAX_ATTEMPTS):
            await claimed(catalog, lease=0)
        other = await catalog.jobs.create_job("root", deleting("c"))
        assert (await claimed(catalog)).id == other.id
        failed = await catalog.jobs.get_job(job.id)
        assert (failed.state, failed.progress.done) == ("failed", 1)
        assert failed.finished_at is not None
        assert await catalog.jobs.end_job(job.id) is None

    async def test_a_cancelled_job_makes_no_step_more_and_can_be_forgotten(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a/1", "a/2", "a/3")
        running, queued = (
            await catalog.jobs.create_job("root", deleting("a/")),
            await catalog.jobs.create_job("root", deleting("a/")),
        )
        claim = await claimed(catalog)
        await catalog.jobs.advance_job(claim, lease=LEASE, limit=1)
        for job, done in ((running, 1), (queued, 0)):
            cancelled = await catalog.jobs.end_job(job.id)
            assert cancelled is not None
            assert (cancelled.state, cancelled.progress.done) == ("cancelled", done)
            assert cancelled.finished_at == cancelled.updated_at
            assert await catalog.jobs.get_job(job.id) == cancelled
        assert await catalog.jobs.advance_job(claim, lease=LEASE, limit=10) is None
        assert await catalog.jobs.claim_job(lease=LEASE) is None
        assert await names(catalog) == ["a/2", "a/3"]
        for job in (running, queued):
            assert await catalog.jobs.end_job(job.id) is None
            with pytest.raises(NoSuchJobError):
                await catalog.jobs.get_job(job.id)


class TestJobSteps:
    async def test_files_below_the_prefix_are_deleted_with_their_bytes(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        gone = await fill(catalog, "a/1", "a/2", "a/b/3", "a/é", "a/\U0010ffff")
        kept = await fill(catalog, "a", "a0", "b/1", "A/1")
        others = await fill(catalog, "a/1", bucket="songs")
        await catalog.jobs.create_job("root", deleting("a/"))
        job = await work(catalog)
        assert (job.state, job.progress) == ("done", Progress(done=5))
        assert await names(catalog) == sorted(file.name for file in kept)
        assert await exists(catalog, others[0])
        assert set(await claims(catalog)) == {file.blob_key for file in gone}
        assert await usage(catalog) == Usage(bytes=3 * len(kept), files=len(kept))

    async def test_the_empty_prefix_is_the_whole_bucket(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a", "b/c", "\U0010ffff")
        await catalog.jobs.create_job("root", deleting(""))
        assert (await work(catalog)).progress.done == 3
        assert await names(catalog) == []

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
    async def test_each_step_is_told_and_ends_the_job_behind_the_last_file(
        self, catalog: CatalogPorts, limit: int
    ) -> None:
        await fill(catalog, "a/1", "a/2", "a/3")
        await catalog.jobs.create_job("root", deleting("a/"))
        done = [job async for job in steps(catalog, await claimed(catalog), limit=limit)]
        assert [job.state for job in done] == ["running"] * (len(done) - 1) + ["done"]
        assert [job.progress.done for job in done] == [min(3, limit * n) for n in range(1, len(done) + 1)]
        assert len(done) == 3 // limit + 1
        assert done[-1].finished_at == done[-1].updated_at

    async def test_files_move_below_another_prefix_as_they_are(self, catalog: CatalogPorts) -> None:
        files = await fill(catalog, "a/1", "a/b/2", "a/é")
        await catalog.jobs.create_job("root", moving("a/", "old/x-"))
        assert (await work(catalog)).progress == Progress(done=3)
        assert await names(catalog) == ["old/x-1", "old/x-b/2", "old/x-é"]
        for file in files:
            moved = await catalog.files.get_file(file.id)
            name = f"old/x-{file.name.removeprefix('a/')}"
            assert moved == replace(file, name=name, revision=2, updated_at=moved.updated_at)
        assert await claims(catalog) == {}

    async def test_files_move_to_another_bucket_with_what_they_use(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy(quota_bytes=100))
        await fill(catalog, "a/1", "a/2", "b")
        await catalog.jobs.create_job("root", moving("a/", "a/", to_bucket="songs"))
        assert (await work(catalog)).progress == Progress(done=2)
        assert (await names(catalog), await names(catalog, "songs")) == (["b"], ["a/1", "a/2"])
        assert (await usage(catalog), await usage(catalog, "songs")) == (
            Usage(bytes=3, files=1),
            Usage(bytes=6, files=2),
        )

    @pytest.mark.parametrize(("prefix", "to"), [("a", "a/b"), ("a/", "a/b/"), ("", "a/"), ("a/b/", "a/"), ("a/b", "")])
    @pytest.mark.parametrize("limit", [1, 2, 100])
    async def test_a_move_into_its_own_prefix_or_out_of_it_moves_each_file_once(
        self, catalog: CatalogPorts, prefix: str, to: str, limit: int
    ) -> None:
        before = [f"{prefix}{rest}" for rest in ("1", "2", "x/3", "z")]
        await fill(catalog, *before)
        await catalog.jobs.create_job("root", moving(prefix, to))
        assert (await work(catalog, limit=limit)).progress == Progress(done=4)
        assert await names(catalog) == sorted(f"{to}{name.removeprefix(prefix)}" for name in before)

    async def test_what_came_since_the_job_was_asked_for_stays(self, catalog: CatalogPorts) -> None:
        replaced, renamed, annotated, away, _ = await fill(catalog, "a/1", "a/2", "a/3", "a/4", "a/5")
        [outside] = await fill(catalog, "b")
        await catalog.jobs.create_job("root", deleting("a/"))
        await stored(catalog, name=replaced.name, size=3)
        await changed(catalog, renamed, name="a/6")
        await changed(catalog, annotated, tags=("kept",))
        await changed(catalog, away, name="c")
        await changed(catalog, outside, name="a/7")
        await catalog.files.copy_file(ROOT, away.id, Destination(name="a/8"), NO_PRECONDITION)
        await fill(catalog, "a/9", "a/0")
        job = await work(catalog)
        assert (job.state, job.progress) == ("done", Progress(done=1))
        assert await names(catalog) == ["a/0", "a/1", "a/3", "a/6", "a/7", "a/8", "a/9", "c"]

    async def test_what_came_between_two_steps_stays(self, catalog: CatalogPorts) -> None:
        await fill(catalog, "a/1", "a/2", "a/3")
        await catalog.jobs.create_job("root", moving("a/", "b/"))
        claim = await claimed(catalog)
        await catalog.jobs.advance_job(claim, lease=LEASE, limit=1)
        await fill(catalog, "a/1", "a/2", "a/4")
        job = [job async for job in steps(catalog, claim, limit=1)][-1]
        assert job.progress == Progress(done=2)
        assert await names(catalog) == ["a/1", "a/2", "a/4", "b/1", "b/3"]

    async def test_an_expired_file_is_no_file(self, catalog: CatalogPorts) -> None:
        await expired(catalog, name="a/1")
        await fill(catalog, "a/2")
        await catalog.jobs.create_job("root", deleting("a/"))
        assert (await work(catalog)).progress == Progress(done=1)

    async def test_what_cannot_be_moved_stays_and_is_told(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("images", Policy(allowed_types=("text/*",), max_file_size=10, quota_bytes=10))
        fine = await stored(catalog, name="a/1", size=4)
        wrong = await stored(catalog, name="a/2", content_type="audio/flac", size=1)
        large = await stored(catalog, name="a/3", size=11)
        long = await stored(catalog, name=f"a/4{'x' * (MAX_NAME_BYTES - 3)}", size=1)
        taken = await stored(catalog, name="a/5", size=1)
        over = await stored(catalog, name="a/6", size=6)
        await stored(catalog, bucket="images", name="to/5", size=1)
        await catalog.jobs.create_job("root", moving("a/", "to/", to_bucket="images"))
        job = await work(catalog)
        assert (job.state, job.progress.done, job.progress.failed) == ("done", 1, 5)
        assert job.progress.problems == tuple(
            JobProblem(name=file.name, id=file.id, code=code)
            for file, code in (
                (wrong, "type_not_allowed"),
                (large, "file_too_large"),
                (long, "invalid_name"),
                (taken, "name_taken"),
                (over, "quota_exceeded"),
            )
        )
        assert (await catalog.files.get_file(fine.id)).bucket == "images"
        for file in (wrong, large, long, taken, over):
            assert await catalog.files.get_file(file.id) == file
        assert await usage(catalog, "images") == Usage(bytes=5, files=2)

    async def test_a_bucket_that_goes_meanwhile_takes_no_file(self, catalog: CatalogPorts) -> None:
        await catalog.buckets.put_bucket("songs", Policy())
        [file] = await fill(catalog, "a")
        await catalog.jobs.create_job("root", moving("a", "a", to_bucket="songs"))
        await catalog.buckets.delete_bucket("songs")
        job = await work(catalog)
        assert [problem.code for problem in job.progress.problems] == ["bucket_not_found"]
        assert await catalog.files.get_file(file.id) == file

    async def test_only_the_first_problems_are_kept(self, catalog: CatalogPorts) -> None:
        count = MAX_PROBLEMS + 3
        await fill(catalog, *(f"a/{number:03}" for number in range(count)))
        await fill(catalog, *(f"b/{number:03}" for number in range(count)))
        await catalog.jobs.create_job("root", moving("a/", "b/"))
        progress = (await work(catalog, limit=40)).progress
        assert (progress.done, progress.failed, len(progress.problems)) == (0, count, MAX_PROBLEMS)
        assert [problem.name for problem in progress.problems] == [f"a/{number:03}" for number in range(MAX_PROBLEMS)]
