"""The document's descriptions of jobs."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec.structs import replace

from domain.files.errors import NameTakenError
from domain.jobs.end_job import EndJob
from domain.jobs.find_job import FindJob
from domain.jobs.model import MAX_PROBLEMS, Job, JobPosition, JobProblem, PrefixDestination, Progress, Task
from domain.jobs.start_job import StartJob
from domain.values.cursors import encode_position
from domain.values.errors import InvalidCursorError
from service.http.file_examples import CHANGED, FILE
from service.http.openapi.headers import IDEMPOTENCY_KEY, LOCATION
from service.http.openapi.operation import Answer, Operation, Parameter, json_of, paging
from service.http.resources.jobs.bodies import JobPageBody, job_body
from service.http.tags import JOBS

_LATEST = datetime(2026, 11, 3, 9, 33, 9, 640_158, tzinfo=UTC)
_DELETE = Task(kind="delete", bucket="music", prefix="drafts/")
_MOVE = Task(kind="move", bucket="music", prefix="queen/", to=PrefixDestination(bucket="archive", prefix="q/"))
_problem = JobProblem(name=FILE.name, id=FILE.id, code=NameTakenError.code)
_running = Job(
    id=UUID("019a6b2c-1f3e-7a55-b0c6-5d9e8f70a1b2"),
    task=_MOVE,
    state="running",
    progress=Progress(done=1249, failed=1, problems=(_problem,)),
    created_at=CHANGED,
    updated_at=_LATEST,
)
_queued = replace(
    _running,
    id=UUID("019a6b2d-7c41-7f02-9d1e-2b6a4c8e0f13"),
    task=_DELETE,
    state="queued",
    progress=Progress(),
    created_at=_LATEST,
)
_ended = replace(_running, state="done", progress=replace(_running.progress, done=16_999), finished_at=_LATEST)
_cancelled = replace(_running, state="cancelled", finished_at=_LATEST)
_PAGE = JobPageBody(
    items=[job_body(_queued), job_body(_running)],
    limit=2,
    next=encode_position(JobPosition(created_at=_running.created_at, id=_running.id)),
)
_BY_ID = {"job_id": Parameter("The job's id.", str(_running.id))}

LIST_JOBS = Operation(
    tag=JOBS,
    parameters=paging("jobs", 20, _PAGE.next),
    answers=(Answer(200, "A page of jobs.", json_of(_PAGE)),),
    problems=(InvalidCursorError,),
)
START_JOB = Operation(
    tag=JOBS,
    description=(
        "A file that cannot be moved stays as it is, counts as `failed` and is told, as one of the first "
        f"{MAX_PROBLEMS}."
    ),
    headers=(IDEMPOTENCY_KEY,),
    body=json_of(_DELETE, move=_MOVE),
    answers=(Answer(201, "The job waits for a worker.", json_of(job_body(_queued)), (LOCATION,)),),
    problems=StartJob.errors,
)
GET_JOB = Operation(
    tag=JOBS,
    parameters=_BY_ID,
    answers=(Answer(200, "The job, as its last step left it.", json_of(job_body(_running), ended=job_body(_ended))),),
    problems=FindJob.errors,
)
END_JOB = Operation(
    tag=JOBS,
    parameters=_BY_ID,
    answers=(
        Answer(200, "The job is cancelled.", json_of(job_body(_cancelled))),
        Answer(204, "The job had ended, and is forgotten."),
    ),
    problems=EndJob.errors,
)
