"""`/v1/jobs`: work on all files below a prefix, done in the background."""

from typing import Annotated
from uuid import UUID

import msgspec
from dishka.integrations.litestar import DishkaRouter, FromDishka
from litestar import Response, delete, post

from domain.access.cursors import Cursors
from domain.access.scopes import ACTIONS
from domain.jobs.end_job import EndJob
from domain.jobs.find_job import FindJob
from domain.jobs.list_jobs import ListJobs
from domain.jobs.model import JobPosition, Task
from domain.jobs.start_job import StartJob
from domain.values.cursors import decode_position, encode_position, foreign_cursor_error
from domain.values.errors import InvalidTimeError
from domain.values.times import in_utc
from service.http.access import needs
from service.http.openapi.parameters import next_cursor, path, query
from service.http.request import FileportRequest
from service.http.resources.jobs import openapi
from service.http.resources.jobs.bodies import JobBody, JobPageBody, job_body
from service.http.routing import get_or_head
from service.http.tags import JOBS
from service.runtime.wake_up import WakeUp

JobId = Annotated[UUID, path("The job's id.", str(openapi.RUNNING.id))]


@post("/", status_code=201, access=needs("list", "delete"), operation=openapi.START_JOB)
async def start_job(
    request: FileportRequest, start: FromDishka[StartJob], wake_up: FromDishka[WakeUp]
) -> Response[JobBody]:
    """Delete or move all files whose names begin with a prefix.

    The job covers the files that are there now; one that is stored, replaced, renamed or otherwise changed from
    here on is left alone. It goes on by itself, whatever becomes of the worker that began it.
    """
    job = await start(request.caller, *await request.read_keyed_json(Task))
    wake_up.notify()
    return Response(job_body(job), status_code=201, headers={"Location": f"/v1/jobs/{job.id}"})


@get_or_head("/", access=needs(*ACTIONS), operation=openapi.LIST_JOBS)
async def list_jobs(
    request: FileportRequest,
    list_page: FromDishka[ListJobs],
    cursors: FromDishka[Cursors],
    limit: Annotated[int, query("At most so many jobs.", 20, ge=1, le=100)] = 20,
    cursor: Annotated[str | None, next_cursor(openapi.PAGE.next)] = None,
) -> JobPageBody:
    """List the jobs, the newest first."""
    known = cursors.take(request.caller, cursor)
    page = await list_page(request.caller, after=None if known is None else _position_in(known), limit=limit)
    return JobPageBody(
        items=[job_body(job) for job in page.items],
        limit=limit,
        next=cursors.give(request.caller, None if page.next is None else encode_position(page.next)),
    )


@get_or_head("/{job_id:uuid}", access=needs(*ACTIONS), operation=openapi.GET_JOB)
async def get_job(request: FileportRequest, job_id: JobId, find: FromDishka[FindJob]) -> JobBody:
    """Return a job and how far it is."""
    return job_body(await find(request.caller, job_id))


@delete("/{job_id:uuid}", status_code=200, access=needs(*ACTIONS), operation=openapi.END_JOB)
async def end_job(request: FileportRequest, job_id: JobId, end: FromDishka[EndJob]) -> Response[JobBody | None]:
    """Cancel a job, or forget one that has ended.

    A job that is cancelled does nothing more; what it has done stays.
    """
    cancelled = await end(request.caller, job_id)
    if cancelled is None:
        return Response(None, status_code=204)
    return Response(job_body(cancelled), status_code=200)


def _position_in(cursor: str) -> JobPosition:
    position = decode_position(cursor, JobPosition)
    try:
        return msgspec.structs.replace(position, created_at=in_utc(position.created_at))
    except InvalidTimeError:
        raise foreign_cursor_error() from None


ROUTER = DishkaRouter("/jobs", opt={"tag": JOBS}, route_handlers=[start_job, list_jobs, get_job, end_job])
