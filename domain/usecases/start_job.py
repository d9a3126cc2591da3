"""Start a job."""

from domain.model.idempotency import KeyedRequest
from domain.model.jobs import Job, Task, check_task
from domain.ports import Jobs
from domain.usecases.once import Once


class StartJob:
    """Queue a job for whichever worker is free first."""

    def __init__(self, catalog: Jobs, once: Once) -> None:
        self._catalog = catalog
        self._once = once

    async def __call__(self, task: Task, request: KeyedRequest | None = None) -> Job:
        """Return the job, or the one that the same `request` started before, as it was then.

        Raises what `check_task` does, `NoSuchBucketError`, `OutcomeUnknownError`, and all that `Once` does.
        """
        task = check_task(task)
        return await self._once(request, Job, lambda claim: self._catalog.create_job(task, claim))
