"""The port of jobs; `tests/contracts` checks its contract."""

from typing import Protocol
from uuid import UUID

from domain.access.visibility import Visibility
from domain.idempotency.model import KeyClaim
from domain.jobs.model import Job, JobClaim, JobPosition, Task


class Jobs(Protocol):
    """Keeps jobs and does them, step by step. Times are in seconds, by the catalog's clock."""

    async def create_job(self, owner: str, task: Task, claim: KeyClaim | None = None) -> Job:
        """Queue a job of `owner`, which covers the files that exist now.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `NoSuchBucketError`, `OutcomeUnknownError`.
        """
        ...

    async def get_job(self, id: UUID) -> Job:
        """Return the job. Raises `NoSuchJobError`."""
        ...

    async def list_jobs(self, visibility: Visibility, *, after: JobPosition | None, limit: int) -> list[Job]:
        """Return up to `limit` of the jobs that are shown, and come after the position, the newest first."""
        ...

    async def end_job(self, id: UUID) -> Job | None:
        """Cancel the job and return it, or forget one that has ended and return None. No step follows.

        Raises `NoSuchJobError`, `OutcomeUnknownError`.
        """
        ...

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        """Claim the job that has waited longest, for `lease`, or return None where no job waits.

        No two claims of a job hold at once. A job that was claimed `MAX_ATTEMPTS` times in a row without a step has
        failed, and is not claimed.
        """
        ...

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        """Make a step: go on to the next `limit` files by name, and do the task on those that the job covers.

        The changes and the job's progress are one transaction. Claims the job for `lease` anew, or ends it behind the
        last file. Returns the job, or None where the claim does not hold any more: the job was cancelled, or claimed
        by another worker. After `OutcomeUnknownError` another step may be made; it goes on from where the job is.
        """
        ...

    async def release_job(self, claim: JobClaim) -> None:
        """Give the claim up, if it still holds, and queue the job behind the waiting ones. No attempt is counted."""
        ...

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        """Forget up to `limit` jobs that ended at least `age` ago, and return their number."""
        ...
