"""Jobs as the fake catalog does them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec
from msgspec.structs import replace

from domain.batches.ports import Batches
from domain.buckets.ports import Buckets
from domain.files.ports import Files
from domain.files.search.model import FileQuery, parse_sort
from domain.files.search.ports import FileSearch
from domain.idempotency.model import KeyClaim
from domain.jobs.errors import NoSuchJobError
from domain.jobs.model import MAX_ATTEMPTS, Job, JobClaim, JobPosition, Progress, Task, advance, operation_on
from domain.values.ids import new_id
from tests.fakes.clock import FakeClock


class JobRow(msgspec.Struct):
    """What the fake catalog knows of a job."""

    job: Job
    due_at: datetime
    position: str = ""
    epoch: int = 0
    attempts: int = 0


class FakeJobs(Buckets, Files, FileSearch, Batches, Protocol):
    """The jobs of a catalog that keeps the rest."""

    clock: FakeClock
    job_rows: dict[UUID, JobRow]

    def reach(self) -> None: ...
    def _check_claim(self, claim: KeyClaim | None) -> None: ...
    def _finish(self, claim: KeyClaim | None, result: object) -> None: ...

    async def create_job(self, task: Task, claim: KeyClaim | None = None) -> Job:
        self.reach()
        self._check_claim(claim)
        for bucket in {task.bucket, task.to.bucket if task.to and task.to.bucket else task.bucket}:
            await self.get_bucket(bucket)
        # What is stored before is earlier, what is stored after it is not, as by a clock that runs.
        self.clock.advance(1e-6)
        now = self.clock.now()
        job = Job(id=new_id(), task=task, state="queued", progress=Progress(), created_at=now, updated_at=now)
        self.job_rows[job.id] = JobRow(job=job, due_at=now)
        self._finish(claim, job)
        return job

    async def get_job(self, id: UUID) -> Job:
        self.reach()
        if id not in self.job_rows:
            raise NoSuchJobError("There is no such job.")
        return self.job_rows[id].job

    async def list_jobs(self, *, after: JobPosition | None, limit: int) -> list[Job]:
        self.reach()
        jobs = sorted((row.job for row in self.job_rows.values()), key=_place, reverse=True)
        return [job for job in jobs if after is None or _place(job) < (after.created_at, after.id)][:limit]

    async def end_job(self, id: UUID) -> Job | None:
        job = await self.get_job(id)
        if job.finished_at is not None:
            del self.job_rows[id]
            return None
        return self._end(self.job_rows[id], replace(job, state="cancelled"))

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        self.reach()
        for row in self._waiting():
            row.epoch += 1
            row.attempts += 1
            if row.attempts > MAX_ATTEMPTS:
                self._end(row, replace(row.job, state="failed"))
                continue
            row.due_at = self.clock.now() + timedelta(seconds=lease)
            row.job = replace(row.job, state="running", updated_at=self.clock.now())
            return JobClaim(id=row.job.id, kind=row.job.task.kind, epoch=row.epoch)
        return None

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        row = self._claimed_job(claim)
        if row is None:
            return None
        job = row.job
        below = FileQuery(bucket=job.task.bucket, prefix=job.task.prefix, sort=parse_sort("name"), limit=10**6)
        examined = [file for file in await self.list_files(below) if file.name > row.position][:limit]
        files = [file for file in examined if file.updated_at < job.created_at]
        outcomes = await self.apply_batch([operation_on(job.task, file) for file in files])
        progress = advance(job.progress, files, outcomes)
        row.job = replace(job, progress=progress, updated_at=self.clock.now())
        row.attempts = 0
        row.due_at = self.clock.now() + timedelta(seconds=lease)
        if len(examined) < limit:
            return self._end(row, replace(row.job, state="done"))
        row.position = examined[-1].name
        return row.job

    async def release_job(self, claim: JobClaim) -> None:
        self.reach()
        if row := self._claimed_job(claim):
            row.due_at = self.clock.now()
            row.attempts = max(row.attempts - 1, 0)
            row.epoch += 1
            # Behind those that wait.
            self.job_rows[claim.id] = self.job_rows.pop(claim.id)

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        self.reach()
        before = self.clock.now() - timedelta(seconds=age)
        ended = [row.job for row in self.job_rows.values() if row.job.finished_at and row.job.finished_at <= before]
        for job in ended[:limit]:
            del self.job_rows[job.id]
        return len(ended[:limit])

    def _waiting(self) -> Iterator[JobRow]:
        rows = [row for row in self.job_rows.values() if row.job.finished_at is None]
        return iter([row for row in sorted(rows, key=lambda row: row.due_at) if row.due_at <= self.clock.now()])

    def _claimed_job(self, claim: JobClaim) -> JobRow | None:
        row = self.job_rows.get(claim.id)
        return row if row and row.epoch == claim.epoch and row.job.state == "running" else None

    def _end(self, row: JobRow, job: Job) -> Job:
        row.job = replace(job, updated_at=self.clock.now(), finished_at=self.clock.now())
        return row.job


def _place(job: Job) -> tuple[datetime, UUID]:
    return job.created_at, job.id
