"""Find a job by its id."""

from uuid import UUID

from domain.jobs.errors import NoSuchJobError
from domain.jobs.model import Job
from domain.jobs.ports import Jobs


class FindJob:
    """Find one job."""

    errors = (NoSuchJobError,)

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def __call__(self, id: UUID) -> Job:
        """Raises `NoSuchJobError`."""
        return await self._jobs.get_job(id)
