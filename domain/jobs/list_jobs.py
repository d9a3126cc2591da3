"""List jobs, the newest first."""

from domain.access.callers import Caller
from domain.jobs.model import JobPage, JobPosition
from domain.jobs.ports import Jobs
from domain.jobs.visible import visible_jobs


class ListJobs:
    """List a page of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    async def __call__(self, caller: Caller, *, after: JobPosition | None, limit: int) -> JobPage:
        """Return up to `limit` jobs after the position, and the position of the next page."""
        jobs = await self._jobs.list_jobs(visible_jobs(caller), after=after, limit=limit + 1)
        if len(jobs) <= limit:
            return JobPage(items=jobs, next=None)
        last = jobs[limit - 1]
        return JobPage(items=jobs[:limit], next=JobPosition(created_at=last.created_at, id=last.id))
