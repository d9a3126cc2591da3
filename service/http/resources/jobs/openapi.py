"""The document's descriptions of jobs."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from domain.errors import QueryTooExpensiveError
from domain.files.errors import NameTakenError
from domain.jobs.model import MAX_PROBLEMS, Job, JobPosition, JobProblem, PrefixDestination, Progress, Task
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.bodies.file_examples import CHANGED, FILE
from service.http.openapi.headers import IDEMPOTENCY_KEY, LOCATION
from service.http.openapi.operation import Operation, Response, json_of
from service.http.resources.jobs.bodies import JobPageBody, job_body

_LATEST = datetime(2026, 11, 3, 9, 33, 9, 640_158, tzinfo=UTC)
_DELETE = Task(kind="delete", bucket="music", prefix="drafts/")
_MOVE = Task(kind="move", bucket="music", prefix="queen/", to=PrefixDestination(bucket="archive", prefix="q/"))
_problem = JobProblem(name=FILE.name, id=FILE.id, code=NameTakenError.code)
RUNNING = Job(
    id=UUID("019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2"),
    task=_MOVE,
    state="running",
    progress=Progress(done=1249, failed=1, problems=(_problem,)),
    created_at=CHANGED,
    updated_at=_LATEST,
)
_queued = replace(
    RUNNING,
    id=UUID("019a6b2d-7c41-7f02-9d1e-2b6a4c8e0f13"),
    task=_DELETE,
    state="queued",
    progress=Progress(),
    created_at=_LATEST,
)
_ended = replace(RUNNING, state="done", progress=replace(RUNNING.progress, done=16_999), finished_at=_LATEST)
_cancelled = replace(RUNNING, state="cancelled", finished_at=_LATEST)
PAGE = JobPageBody(
    items=[job_body(_queued), job_body(RUNNING)],
    limit=2,
    next=encode_position(JobPosition(created_at=RUNNING.created_at, id=RUNNING.id)),
)

LIST_JOBS = Operation(
    responses=(Response(200, "A page of jobs.", PAGE),), problems=(InvalidCursorError, QueryTooExpensiveError)
)
START_JOB = Operation(
    description=(
        "A file that cannot be moved stays as it is, counts as `failed` and is told, as one of the first "
        f"{MAX_PROBLEMS}."
    ),
    headers=(IDEMPOTENCY_KEY,),
    body=json_of(_DELETE, move=_MOVE),
    responses=(Response(201, "The job waits for a worker.", job_body(_queued), (LOCATION,)),),
)
GET_JOB = Operation(
    responses=(Response(200, "The job, as its last step left it.", json_of(job_body(RUNNING), ended=job_body(_ended))),)
)
END_JOB = Operation(
    responses=(
        Response(200, "The job is cancelled.", job_body(_cancelled)),
        Response(204, "The job had ended, and is forgotten."),
    )
)
