"""Jobs."""

from http import HTTPStatus

from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.errors import OutcomeUnknownError
from domain.files.errors import InvalidNameError
from domain.jobs.errors import NoSuchJobError
from domain.jobs.model import MAX_PROBLEMS
from domain.values.errors import InvalidCursorError
from service.http.openapi import examples
from service.http.openapi.headers import ON_REPEATS
from service.http.openapi.operation import Answer, Meaning, Operation, json_of

TAG = "Jobs"

OPERATIONS = {
    "listJobs": Operation(
        tag=TAG,
        answers={HTTPStatus.OK: Answer(description="A page of jobs.", content=json_of(examples.JOB_PAGE))},
        refusals=(InvalidCursorError,),
        query={
            "limit": Meaning("At most so many jobs.", 20),
            "cursor": Meaning("The page after another: that one's `next`.", examples.JOB_PAGE.next),
        },
    ),
    "startJob": Operation(
        tag=TAG,
        description=(
            "The job covers the files that are there now; one that is stored, replaced, renamed or otherwise changed "
            "from here on is left alone. It goes on by itself, whatever becomes of the worker that began it. A file "
            "that cannot be moved stays as it is, counts as `failed` and is told, as one of the first "
            f"{MAX_PROBLEMS}."
        ),
        request_headers=ON_REPEATS,
        body=json_of(examples.DELETE_TASK, move=examples.MOVE_TASK),
        answers={
            HTTPStatus.CREATED: Answer(
                description="The job waits for a worker.", headers=("Location",), content=json_of(examples.QUEUED_JOB)
            )
        },
        refusals=(InvalidBucketError, InvalidNameError, NoSuchBucketError, OutcomeUnknownError),
    ),
    "getJob": Operation(
        tag=TAG,
        answers={
            HTTPStatus.OK: Answer(
                description="The job, as its last step left it.",
                content=json_of(examples.RUNNING_JOB, ended=examples.ENDED_JOB),
            )
        },
        refusals=(NoSuchJobError,),
    ),
    "endJob": Operation(
        tag=TAG,
        description="A job that is cancelled does nothing more; what it has done stays.",
        answers={
            HTTPStatus.OK: Answer(description="The job is cancelled.", content=json_of(examples.CANCELLED_JOB)),
            HTTPStatus.NO_CONTENT: Answer(description="The job had ended, and is forgotten."),
        },
        refusals=(NoSuchJobError, OutcomeUnknownError),
    ),
}
