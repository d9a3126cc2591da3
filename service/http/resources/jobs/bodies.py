"""Jobs in JSON."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from domain.buckets.model import BucketName
from domain.files.names import Prefix
from domain.jobs.model import MAX_PROBLEMS, Job, JobKind, JobProblem, JobState, PrefixDestination
from domain.values.numbers import Count, Positive
from domain.values.times import UtcTime


class JobBody(msgspec.Struct, frozen=True, kw_only=True):
    """A job and how far it is."""

    id: UUID
    kind: JobKind
    bucket: BucketName
    prefix: Prefix
    to: PrefixDestination | None
    state: Annotated[
        JobState,
        Meta(
            description=(
                "`done`: it has come to its end, whatever became of each file. `failed`: it could not go on; what it "
                "has done stays."
            )
        ),
    ]
    done: Annotated[Count, Meta(description="How many files were deleted or moved.")]
    failed: Annotated[Count, Meta(description="How many files stay as they were.")]
    problems: Annotated[
        tuple[JobProblem, ...], Meta(description="The first of those.", extra_json_schema={"maxItems": MAX_PROBLEMS})
    ]
    created_at: Annotated[UtcTime, Meta(description="When it was asked for, in UTC.")]
    updated_at: Annotated[UtcTime, Meta(description="When it last made a step, in UTC.")]
    finished_at: Annotated[UtcTime, Meta(description="When it ended, in UTC.")] | None


class JobPageBody(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs; `next` is the cursor of the next one, null on the last."""

    items: list[JobBody]
    limit: Positive
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
