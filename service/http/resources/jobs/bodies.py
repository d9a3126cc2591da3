"""Jobs in JSON."""

from datetime import datetime
from uuid import UUID

import msgspec

from domain.jobs.model import Job, JobKind, JobProblem, JobState, PrefixDestination


class JobBody(msgspec.Struct, frozen=True, kw_only=True):
    """A job and how far it is."""

    id: UUID
    kind: JobKind
    bucket: str
    prefix: str
    to: PrefixDestination | None
    state: JobState
    done: int
    failed: int
    problems: tuple[JobProblem, ...]
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class JobPageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs; `next` is the cursor of the next one, null on the last."""

    items: list[JobBody]
    limit: int
    next: str | None


def job_body(job: Job) -> JobBody:
    """Return a job as callers see it."""
    task, progress = job.task, job.progress
    return JobBody(
        id=job.id,
        kind=task.kind,
        bucket=task.bucket,
        prefix=task.prefix,
        to=task.to,
        state=job.state,
        done=progress.done,
        failed=progress.failed,
        problems=progress.problems,
        created_at=job.created_at,
        updated_at=job.updated_at,
        finished_at=job.finished_at,
    )
