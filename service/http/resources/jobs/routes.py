"""`/v1/jobs`: work on all files below a prefix, done in the background."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka.integrations.litestar import FromDishka, inject
from litestar import Request, Response, delete, post
from litestar.params import FromPath, FromQuery, QueryParameter

from domain.jobs.end_job import EndJob
from domain.jobs.find_job import FindJob
from domain.jobs.list_jobs import ListJobs
from domain.jobs.model import Job, JobKind, JobPosition, JobProblem, JobState, PrefixDestination, Task
from domain.jobs.start_job import StartJob
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from domain.values.errors import InvalidTimeError
from domain.values.times import in_utc
from service.http.get_or_head import read
from service.http.idempotency import read_keyed_json
from service.runtime.wake_up import WakeUp


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


@post("/", status_code=201)
@inject
async def start_job(
    request: Request[Any, Any, Any], start_job: FromDishka[StartJob], wake_up: FromDishka[WakeUp]
) -> Response[JobBody]:
    """Delete or move all files whose names begin with a prefix."""
    job = await start_job(*await read_keyed_json(request, Task))
    wake_up.notify()
    return Response(job_body(job), status_code=201, headers={"Location": f"/v1/jobs/{job.id}"})


@read("/")
@inject
async def list_jobs(
    list_jobs: FromDishka[ListJobs],
    limit: Annotated[int, QueryParameter(ge=1, le=100)] = 20,
    cursor: FromQuery[str | None] = None,
) -> JobPageBody:
    """List the jobs, the newest first."""
    page = await list_jobs(after=None if cursor is None else _place_in(cursor), limit=limit)
    return JobPageBody(
        items=[job_body(job) for job in page.items],
        limit=limit,
        next=None if page.next is None else encode_position(page.next),
    )


@read("/{job_id:uuid}")
@inject
async def get_job(job_id: FromPath[UUID], find_job: FromDishka[FindJob]) -> JobBody:
    """Return a job and how far it is."""
    return job_body(await find_job(job_id))


@delete("/{job_id:uuid}", status_code=200)
@inject
async def end_job(job_id: FromPath[UUID], end_job: FromDishka[EndJob]) -> Response[JobBody | None]:
    """Cancel a job, or forget one that has ended."""
    cancelled = await end_job(job_id)
    if cancelled is None:
        return Response(None, status_code=204)
    return Response(job_body(cancelled), status_code=200)


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


def _place_in(cursor: str) -> JobPosition:
    place = decode_position(cursor, JobPosition)
    try:
        return msgspec.structs.replace(place, created_at=in_utc(place.created_at))
    except InvalidTimeError:
        raise foreign_cursor_error() from None
