"""Start a job."""

from domain.access.callers import Caller
from domain.access.scopes import Action
from domain.buckets.access import require_below
from domain.buckets.errors import InvalidBucketError, NoSuchBucketError
from domain.errors import OutcomeUnknownError
from domain.files.errors import InvalidNameError
from domain.files.name_forms import beginnings
from domain.idempotency.executor import IdempotentExecutor
from domain.idempotency.model import KeyedRequest
from domain.jobs.model import Job, Task, check_task
from domain.jobs.ports import Jobs


class StartJob:
    """Queue a job for the workers."""

    errors = (InvalidBucketError, InvalidNameError, NoSuchBucketError, OutcomeUnknownError)

    def __init__(self, jobs: Jobs, idempotent: IdempotentExecutor) -> None:
        self._jobs = jobs
        self._idempotent = idempotent

    async def __call__(self, caller: Caller, task: Task, request: KeyedRequest | None = None) -> Job:
        """Return the job, or the one that the same `request` started before, as it was then.

        Raises all that `check_task`, `require_below` and `IdempotentExecutor` do, `NoSuchBucketError`,
        `OutcomeUnknownError`.
        """
        task = check_task(task)
        needed: tuple[Action, ...] = ("list", "delete") if task.to is None else ("list", "delete", "read")
        # Names begin with the prefix in either normal form, and scopes are on one.
        for beginning in beginnings(task.prefix):
            require_below(caller, needed, task.bucket, beginning.text)
        if task.to is not None:
            require_below(caller, ("write",), task.to.bucket or task.bucket, task.to.prefix)
        return await self._idempotent(request, Job, lambda claim: self._jobs.create_job(caller.owner, task, claim))
