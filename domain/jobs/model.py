"""Jobs: operations on all files below a prefix, done in many small steps.

A job covers the files that were below its prefix when it was created, and that were not changed since: stored,
replaced, renamed or otherwise.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, cast
from uuid import UUID

import msgspec
from msgspec import UNSET

from domain.access.callers import Caller, CallerKind
from domain.batches.model import Change, Delete, Operation, Outcome
from domain.buckets.model import BucketName, check_bucket_name
from domain.errors import ErrorCode, FileportError, InvalidInputError, PreconditionFailedError
from domain.files.errors import NoSuchFileError
from domain.files.model import File
from domain.files.name_forms import after_prefix
from domain.files.names import FileName, Prefix, check_prefix
from domain.files.patches import FilePatch
from domain.values.preconditions import Precondition

# The problems that a job records at most.
MAX_PROBLEMS = 100
# The claims in a row that end without a step before the job has failed.
MAX_ATTEMPTS = 10

JobKind = Literal["delete", "move"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class PrefixDestination(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where files move: `prefix` takes the place of the job's own in their names. No bucket is the same one."""

    bucket: BucketName | None = None
    prefix: Prefix


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be done with the files of `bucket` whose names begin with `prefix`. A move, and only one, has `to`."""

    kind: JobKind
    bucket: BucketName
    prefix: Prefix
    to: Annotated[PrefixDestination | None, msgspec.Meta(description="Only of a move, which needs it.")] = None


class JobProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was left as it was, and the code of the error that says why."""

    name: FileName
    id: UUID
    code: ErrorCode


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How many files are done, and how many were left as they were, with the first of their problems."""

    done: int = 0
    failed: int = 0
    problems: tuple[JobProblem, ...] = ()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A task and how far it is. It has ended, done, failed or cancelled, where `finished_at` is set.

    `done` jobs have covered all their files, even if some of them failed; `failed` jobs could not go on. `owner` is
    the `Caller.owner` who started it.
    """

    id: UUID
    task: Task
    state: JobState
    progress: Progress
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None
    # Jobs of former releases are the root's.
    owner: str = "root"

    @property
    def maker(self) -> Caller:
        """The caller who started the job, for the records of its work: without rights."""
        kind, _, id_ = self.owner.partition(":")
        return Caller(kind=cast(CallerKind, kind), id=id_, request_id=str(self.id))


class JobClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A job that one worker goes on with until its lease ends. `epoch` fences it: a later claim has a higher one."""

    id: UUID
    kind: JobKind
    epoch: int


class JobPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position in the listing of jobs, the newest first: right after the job with these values."""

    created_at: datetime
    id: UUID


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs. `next` is the position of the next page, None on the last one."""

    items: list[Job]
    next: JobPosition | None


def check_task(task: Task) -> Task:
    """Return `task` if it can be done. Raises `InvalidInputError`, `InvalidBucketError`, `InvalidNameError`."""
    check_bucket_name(task.bucket)
    check_prefix(task.prefix)
    if (task.to is not None) != (task.kind == "move"):
        raise InvalidInputError("A move needs a destination, and nothing else has one.")
    if task.to is not None:
        check_prefix(task.to.prefix)
        if check_bucket_name(task.to.bucket or task.bucket) == task.bucket and task.to.prefix == task.prefix:
            raise InvalidInputError("A move needs another prefix or another bucket.")
    return task


def operation_on(task: Task, file: File) -> Operation:
    """Return the operation of the task on a file that it covers, if the file is unchanged."""
    unchanged = Precondition(if_match=(file.etag,))
    if task.to is None:
        return Delete(address=file.id, precondition=unchanged)
    name = task.to.prefix + (after_prefix(file.name, task.prefix) or "")
    bucket = UNSET if task.to.bucket is None else task.to.bucket
    return Change(address=file.id, patch=FilePatch(bucket=bucket, name=name), precondition=unchanged)


def advance(before: Progress, files: Sequence[File], outcomes: Sequence[Outcome]) -> Progress:
    """Return the progress after these outcomes. A file that was changed or deleted meanwhile does not count."""
    done, problems = 0, []
    for file, outcome in zip(files, outcomes, strict=True):
        if isinstance(outcome, PreconditionFailedError | NoSuchFileError):
            continue
        if isinstance(outcome, FileportError):
            problems.append(JobProblem(name=file.name, id=file.id, code=outcome.code))
        else:
            done += 1
    return Progress(
        done=before.done + done,
        failed=before.failed + len(problems),
        problems=(*before.problems, *problems)[:MAX_PROBLEMS],
    )
