"""Jobs in memory."""

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.access.acting import acting_as
from domain.access.callers import SYSTEM
from domain.access.visibility import Visibility
from domain.audit.model import ChangeAction
from domain.files.search.model import FileQuery, parse_sort
from domain.idempotency.model import KeyClaim
from domain.jobs.errors import no_such_job
from domain.jobs.model import MAX_ATTEMPTS, Job, JobClaim, JobPosition, Progress, Task, advance, operation_on
from domain.jobs.visible import BELOW
from domain.values.ids import new_id
from tests.fakes.batches import FakeBatches
from tests.fakes.database import FakeDatabase, JobRow
from tests.fakes.idempotency import check_claim, finish_claim
from tests.fakes.search import page


class FakeJobs:
    def __init__(self, database: FakeDatabase) -> None:
        self._database = database
        self._batches = FakeBatches(database)

    async def create_job(self, owner: str, task: Task, claim: KeyClaim | None = None) -> Job:
        self._database.reach()
        check_claim(self._database, claim)
        for bucket in {task.bucket, task.to.bucket if task.to and task.to.bucket else task.bucket}:
            self._database.bucket(bucket)
        # A file that was stored before is earlier than the job, one that is stored after it is not: the clock runs.
        self._database.clock.advance(1e-6)
        now = self._database.clock.now()
        job = Job(
            id=new_id(), task=task, state="queued", progress=Progress(), created_at=now, updated_at=now, owner=owner
        )
        self._database.jobs[job.id] = JobRow(job=job, due_at=now)
        self._record("job.start", job)
        finish_claim(self._database, claim, job)
        return job

    async def get_job(self, id: UUID) -> Job:
        self._database.reach()
        if id not in self._database.jobs:
            raise no_such_job()
        return self._database.jobs[id].job

    async def list_jobs(self, visibility: Visibility, *, after: JobPosition | None, limit: int) -> list[Job]:
        self._database.reach()
        jobs = sorted((row.job for row in self._database.jobs.values()), key=_position, reverse=True)
        jobs = [job for job in jobs if visibility.shows(job.owner, job.task.bucket, job.task.prefix + BELOW)]
        return [job for job in jobs if after is None or _position(job) < (after.created_at, after.id)][:limit]

    async def end_job(self, id: UUID) -> Job | None:
        job = await self.get_job(id)
        if job.finished_at is not None:
            del self._database.jobs[id]
            return None
        self._record("job.cancel", job)
        return self._end(self._database.jobs[id], replace(job, state="cancelled"))

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        self._database.reach()
        for row in self._waiting():
            row.epoch += 1
            row.attempts += 1
            if row.attempts > MAX_ATTEMPTS:
                self._record("job.end", self._end(row, replace(row.job, state="failed")))
                continue
            row.due_at = self._database.clock.in_(lease)
            row.job = replace(row.job, state="running", updated_at=self._database.clock.now())
            return JobClaim(id=row.job.id, kind=row.job.task.kind, epoch=row.epoch)
        return None

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        self._database.reach()
        row = self._claimed(claim)
        if row is None:
            return None
        job = row.job
        below = FileQuery(bucket=job.task.bucket, prefix=job.task.prefix, sort=parse_sort("name"), limit=10**6)
        listed = page(self._database.unexpired_files(), below)
        examined = [file for file in listed if file.name > row.position][:limit]
        files = [file for file in examined if file.updated_at < job.created_at]
        with acting_as(job.maker):
            outcomes = await self._batches.apply_batch(SYSTEM, [operation_on(job.task, file) for file in files])
        progress = advance(job.progress, files, outcomes)
        row.job = replace(job, progress=progress, updated_at=self._database.clock.now())
        row.attempts = 0
        row.due_at = self._database.clock.in_(lease)
        if len(examined) < limit:
            with acting_as(job.maker):
                self._record("job.end", job)
            return self._end(row, replace(row.job, state="done"))
        row.position = examined[-1].name
        return row.job

    async def release_job(self, claim: JobClaim) -> None:
        self._database.reach()
        if row := self._claimed(claim):
            row.due_at = self._database.clock.now()
            row.attempts = max(row.attempts - 1, 0)
            row.epoch += 1
            # It waits behind the others.
            self._database.jobs[claim.id] = self._database.jobs.pop(claim.id)

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        self._database.reach()
        before = self._database.clock.in_(-age)
        jobs = [row.job for row in self._database.jobs.values()]
        ended = [job for job in jobs if job.finished_at and job.finished_at <= before][:limit]
        for job in ended:
            del self._database.jobs[job.id]
        return len(ended)

    def _waiting(self) -> list[JobRow]:
        rows = [row for row in self._database.jobs.values() if row.job.finished_at is None]
        return [row for row in sorted(rows, key=lambda row: row.due_at) if self._database.clock.has_passed(row.due_at)]

    def _claimed(self, claim: JobClaim) -> JobRow | None:
        row = self._database.jobs.get(claim.id)
        return row if row and row.epoch == claim.epoch and row.job.state == "running" else None

    def _record(self, action: ChangeAction, job: Job) -> None:
        self._database.record(action, bucket=job.task.bucket, name=job.task.prefix, subject=job.id)

    def _end(self, row: JobRow, job: Job) -> Job:
        now = self._database.clock.now()
        row.job = replace(job, updated_at=now, finished_at=now)
        return row.job


def _position(job: Job) -> tuple[datetime, UUID]:
    return job.created_at, job.id
