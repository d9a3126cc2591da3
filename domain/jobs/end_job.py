"""End a job."""

from uuid import UUID

from domain.access.callers import Caller
from domain.errors import OutcomeUnknownError
from domain.jobs.errors import NoSuchJobError
from domain.jobs.find_job import FindJob
from domain.jobs.model import Job
from domain.jobs.ports import Jobs


class EndJob:
    """Cancel a job, or forget one that has ended."""

    errors = (NoSuchJobError, OutcomeUnknownError)

    def __init__(self, jobs: Jobs, find: FindJob) -> None:
        self._jobs = jobs
        self._find = find

    async def __call__(self, caller: Caller, id: UUID) -> Job | None:
        """Return the job that was cancelled, None where one was forgotten. Raises `NoSuchJobError`."""
        await self._find(caller, id)
        return await self._jobs.end_job(id)
