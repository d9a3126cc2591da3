"""End a job."""

from uuid import UUID

from domain.errors import OutcomeUnknownError
from domain.jobs.errors import NoSuchJobError
from domain.jobs.model import Job
from domain.jobs.ports import Jobs


class EndJob:
    """Cancel a job, or forget one that has ended."""

    errors = (NoSuchJobError, OutcomeUnknownError)

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def __call__(self, id: UUID) -> Job | None:
        """Return the job that was cancelled, None where one was forgotten. Raises `NoSuchJobError`."""
        return await self._jobs.end_job(id)
