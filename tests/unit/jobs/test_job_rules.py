"""Workers take jobs in turns, and give up those that cannot go on."""

import unicodedata
from collections.abc import Sequence

import anyio
import pytest

from domain.access.callers import ROOT, Caller
from domain.access.errors import AccessDeniedError
from domain.access.scopes import Action
from domain.batches.model import Operation, Outcome
from domain.buckets.errors import InvalidBucketError
from domain.errors import InvalidInputError, OutcomeUnknownError, PreconditionFailedError, UnavailableError
from domain.files.errors import InvalidNameError, NameTakenError, NoSuchFileError
from domain.idempotency.executor import IdempotentExecutor
from domain.jobs import work_on_jobs
from domain.jobs.model import Job, JobClaim, JobKind, JobProblem, PrefixDestination, Progress, Task, advance, check_task
from domain.jobs.start_job import StartJob
from domain.jobs.work_on_jobs import WorkOnJobs
from domain.values.cursors import decode_position, encode_position
from tests.contracts.jobs import deleting, fill, moving, names
from tests.contracts.setup import stored
from tests.fakes.batches import FakeBatches
from tests.fakes.catalog import FakeCatalog
from tests.fakes.clock import FakeClock
from tests.fakes.database import CATALOG_DOWN, FakeDatabase
from tests.fakes.jobs import FakeJobs
from tests.support.access import ALL_SHOWN, caller, scope

LEASE = 30.0
UNKNOWN = OutcomeUnknownError("The catalog went away while a change was being committed.")


class FailingJobs(FakeJobs):
    """Fails at a step, once. `after_it` says whether the step is made all the same."""

    def __init__(self, database: FakeDatabase, failure: Exception | None, *, after_it: bool = False) -> None:
        super().__init__(database)
        self._failure = failure
        self._after_it = after_it

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        failure, self._failure = self._failure, None
        if failure and not self._after_it:
            raise failure
        job = await super().advance_job(claim, lease=lease, limit=limit)
        if failure:
            raise failure
        return job


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a step have one file, and a claim two steps."""
    monkeypatch.setattr(work_on_jobs, "STEP", {"delete": 1, "move": 1})
    monkeypatch.setattr(work_on_jobs, "STEPS_PER_CLAIM", 2)


async def ended(jobs: FakeJobs) -> list[Job]:
    return [job async for job in WorkOnJobs(jobs, lease=LEASE)()]


async def test_jobs_take_turns_and_come_to_their_end(catalog: FakeCatalog) -> None:
    await fill(catalog, *(f"long/{number}" for number in range(5)), "short/1")
    long, short = [await catalog.jobs.create_job("root", deleting(prefix)) for prefix in ("long/", "short/")]
    jobs = await ended(catalog.jobs)
    assert [(job.id, job.state, job.progress.done) for job in jobs] == [(short.id, "done", 1), (long.id, "done", 5)]
    assert await names(catalog) == []
    assert await ended(catalog.jobs) == []


@pytest.mark.parametrize(("after_it", "failure"), [(False, CATALOG_DOWN), (False, UNKNOWN), (True, UNKNOWN)])
async def test_a_catalog_that_fails_is_tried_again_and_nothing_is_done_twice(
    catalog: FakeCatalog, failure: UnavailableError, after_it: bool
) -> None:
    jobs = FailingJobs(catalog.database, failure, after_it=after_it)
    await fill(catalog, "a/1", "a/2", "a/3")
    await catalog.jobs.create_job("root", moving("a/", "a/b/"))
    with pytest.raises(UnavailableError):
        await ended(jobs)
    # The claim was given up, so no worker has to wait for its end.
    [job] = await ended(jobs)
    assert (job.state, job.progress.done) == ("done", 3)
    assert await names(catalog) == ["a/b/1", "a/b/2", "a/b/3"]


async def test_a_catalog_that_stays_down_lets_the_claim_end(
    database: FakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = FailingJobs(database, CATALOG_DOWN)
    await jobs.create_job("root", deleting("a/"))
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "release_job", _refuse)
        with pytest.raises(UnavailableError):
            await ended(jobs)
    assert await ended(jobs) == []
    database.clock.advance(LEASE)
    assert len(await ended(jobs)) == 1


async def _refuse(claim: JobClaim) -> None:
    raise CATALOG_DOWN


async def test_a_bug_keeps_its_claim_until_it_ends_and_fails_the_job_in_the_end(
    catalog: FakeCatalog, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: FakeBatches, caller: Caller, operations: Sequence[Operation]) -> list[Outcome]:
        raise RuntimeError("a bug")

    monkeypatch.setattr(FakeBatches, "apply_batch", fail)
    await stored(catalog, name="a/1")
    job = await catalog.jobs.create_job("root", deleting("a/"))
    rounds = 0
    while (await catalog.jobs.get_job(job.id)).finished_at is None:
        rounds += 1
        try:
            assert await ended(catalog.jobs) == []
        except RuntimeError:
            assert await ended(catalog.jobs) == []
            clock.advance(LEASE)
    assert rounds == 11
    assert (await catalog.jobs.get_job(job.id)).state == "failed"


async def test_a_worker_that_is_stopped_gives_its_claim_up(
    catalog: FakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(catalog, "a/1", "a/2")
    job = await catalog.jobs.create_job("root", deleting("a/"))
    advance_job = catalog.jobs.advance_job
    reached = anyio.Event()

    async def hang(claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        await advance_job(claim, lease=lease, limit=limit)
        reached.set()
        await anyio.sleep_forever()
        return None

    with monkeypatch.context() as patch:
        patch.setattr(catalog.jobs, "advance_job", hang)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ended, catalog.jobs)
            await reached.wait()
            assert await catalog.jobs.claim_job(lease=LEASE) is None
            tasks.cancel_scope.cancel()
    assert [(each.id, each.progress.done) for each in await ended(catalog.jobs)] == [(job.id, 2)]


async def test_a_job_that_is_cancelled_during_a_step_is_released(
    catalog: FakeCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(catalog, "a/1", "a/2")
    job = await catalog.jobs.create_job("root", deleting("a/"))
    advance_job = catalog.jobs.advance_job

    async def cancelled(claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        await catalog.jobs.end_job(job.id)
        return await advance_job(claim, lease=lease, limit=limit)

    monkeypatch.setattr(catalog.jobs, "advance_job", cancelled)
    assert await ended(catalog.jobs) == []
    assert await names(catalog) == ["a/1", "a/2"]


async def test_a_file_that_was_changed_or_deleted_before_its_step_does_not_count(catalog: FakeCatalog) -> None:
    files = await fill(catalog, "a", "b", "c", "d")
    outcomes: list[Outcome] = [
        None,
        NoSuchFileError("Gone."),
        PreconditionFailedError("Changed."),
        NameTakenError("Is."),
    ]
    progress = advance(Progress(done=5), files, outcomes)
    problem = JobProblem(name="d", id=files[3].id, code="name_taken")
    assert progress == Progress(done=6, failed=1, problems=(problem,))


TO = PrefixDestination(prefix="b")


@pytest.mark.parametrize(
    ("kind", "bucket", "prefix", "to", "error"),
    [
        ("delete", "-", "a", None, InvalidBucketError),
        ("delete", "default", "a\0", None, InvalidNameError),
        ("delete", "default", "é" * 513, None, InvalidNameError),
        ("delete", "default", "a", TO, InvalidInputError),
        ("move", "default", "a", None, InvalidInputError),
        ("move", "default", "b", TO, InvalidInputError),
        ("move", "default", "b", PrefixDestination(bucket="default", prefix="b"), InvalidInputError),
        ("move", "default", "a", PrefixDestination(prefix="\x7f"), InvalidNameError),
        ("move", "default", "a", PrefixDestination(bucket="B", prefix="a"), InvalidBucketError),
    ],
)
async def test_an_impossible_task_is_refused(
    catalog: FakeCatalog,
    kind: JobKind,
    bucket: str,
    prefix: str,
    to: PrefixDestination | None,
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        await starting(catalog)(ROOT, Task(kind=kind, bucket=bucket, prefix=prefix, to=to))
    assert await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10) == []


def starting(catalog: FakeCatalog) -> StartJob:
    keys = IdempotentExecutor(catalog.idempotency_keys, catalog.database.clock, lease=LEASE, ttl=LEASE)
    return StartJob(catalog.jobs, keys)


@pytest.mark.parametrize("task", [deleting("é/"), moving("é/", "a/")])
async def test_a_job_needs_the_rights_on_its_prefix_in_either_normal_form(catalog: FakeCatalog, task: Task) -> None:
    # Files of both forms begin with the prefix, and a scope is on one of them.
    actions: tuple[Action, ...] = ("read", "list", "delete")
    target = scope("default", "a/", "write")
    composed, decomposed = (scope("default", unicodedata.normalize(form, "é/"), *actions) for form in ("NFC", "NFD"))
    for one in (composed, decomposed):
        with pytest.raises(AccessDeniedError):
            await starting(catalog)(caller(target, one), task)
    assert await catalog.jobs.list_jobs(ALL_SHOWN, after=None, limit=10) == []
    await starting(catalog)(caller(target, composed, decomposed), task)
    await starting(catalog)(caller(target, scope("default", None, *actions)), task)


def test_prefixes_may_be_empty_and_end_anywhere() -> None:
    for task in (deleting(""), deleting("a/"), deleting("a//."), moving("a", ""), moving("", "a/"), moving("é", "ü")):
        assert check_task(task) == task


def test_a_cursor_is_read_as_it_was_written() -> None:
    position = ["é", 1, None]
    assert decode_position(encode_position(position), list[str | int | None]) == position
