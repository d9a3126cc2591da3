"""The ports of jobs; `tests/contracts` checks their contracts."""

from typing import Protocol
from uuid import UUID

from domain.idempotency.model import KeyClaim
from domain.jobs.model import Job, JobClaim, JobPosition, Task


class Jobs(Protocol):
    """The part of the catalog that keeps jobs and does them, step by step. All time is the catalog's clock.

    Times in seconds.
    """

    async def create_job(self, task: Task, claim: KeyClaim | None = None) -> Job:
        """Queue a job, which covers the files that are there now.

        Finishes the `claim`, see `IdempotencyKeys`. Raises `NoSuchBucketError`, `OutcomeUnknownError`.
        """
        ...

    async def get_job(self, id: UUID) -> Job:
        """Return the job. Raises `NoSuchJobError`."""
        ...

    async def list_jobs(self, *, after: JobPosition | None, limit: int) -> list[Job]:
        """Return up to `limit` jobs that come after the place, the newest first."""
        ...

    async def end_job(self, id: UUID) -> Job | None:
        """Cancel the job and return it, or forget one that has ended and return None. No step is made after it.

        Raises `NoSuchJobError`, `OutcomeUnknownError`.
        """
        ...

    async def claim_job(self, *, lease: float) -> JobClaim | None:
        """Claim the job that has waited longest, for `lease`; no two claims of one hold at once. None: none waits.

        A job that was claimed `MAX_ATTEMPTS` times in a row with no step made has failed, and is not claimed.
        """
        ...

    async def advance_job(self, claim: JobClaim, *, lease: float, limit: int) -> Job | None:
        """Make a step: go on to the next `limit` files by name, and do the task on those that the job covers.

        What is done and how far the job is are one transaction. Claims the job for `lease` anew, or ends it behind
        the last file. Returns it, or None where the claim does not hold any more: the job was cancelled, or claimed
        by another. After `OutcomeUnknownError` another step may be made, which goes on from where the job is.
        """
        ...

    async def release_job(self, claim: JobClaim) -> None:
        """Give a claim up, if it still holds, so that the job waits behind those that do. No attempt is counted."""
        ...

    async def forget_jobs(self, *, age: float, limit: int) -> int:
        """Forget up to `limit` jobs that ended at least `age` ago, and return how many there were."""
        ...
