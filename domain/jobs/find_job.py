"""Find a job by its id."""

from uuid import UUID

from domain.access.callers import Caller
from domain.errors import DeniedAccess
from domain.jobs.errors import NoSuchJobError, no_such_job
from domain.jobs.model import Job
from domain.jobs.ports import Jobs
from domain.jobs.visible import BELOW, visible_jobs


class FindJob:
    """Find one job."""

    errors = (NoSuchJobError,)

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def __call__(self, caller: Caller, id: UUID) -> Job:
        """Raises `NoSuchJobError`, also where the job is not shown to the caller."""
        job = await self._jobs.get_job(id)
        if not visible_jobs(caller).shows(job.owner, job.task.bucket, job.task.prefix + BELOW):
            raise caller.refusal(no_such_job(), DeniedAccess(bucket=job.task.bucket, name=job.task.prefix))
        return job
