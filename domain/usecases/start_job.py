"""Start a job."""

from domain.model.jobs import Job, Task, check_task
from domain.ports import Jobs


class StartJob:
    """Queue a job for whichever worker is free first."""

    def __init__(self, catalog: Jobs) -> None:
        self._catalog = catalog

    async def __call__(self, task: Task) -> Job:
        """Return the job. Raises what `check_task` does, and `NoSuchBucketError`, `OutcomeUnknownError`."""
        return await self._catalog.create_job(check_task(task))
