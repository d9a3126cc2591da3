"""Work on the jobs that are due."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import anyio

from domain.batches.apply_batch import CHUNK
from domain.errors import UnavailableError
from domain.jobs.model import Job, JobClaim, JobKind
from domain.jobs.ports import Jobs

# Files of a step. Many deletes are one statement, while each move may need a savepoint, as in a batch.
STEP: Mapping[JobKind, int] = {"delete": 500, "move": CHUNK}
# Steps until the worker goes on to another job.
STEPS_PER_CLAIM = 100
RELEASE_SECONDS = 5.0


class WorkOnJobs:
    """One round of a worker. Any number may run at once, in any number of replicas.

    The catalog hands each job to one of them at a time. A worker that dies leaves the job as its last step left it;
    another goes on when the `lease` of the claim, in seconds, has ended. One that is stopped gives its claim up.
    """

    def __init__(self, jobs: Jobs, *, lease: float) -> None:
        self._jobs = jobs
        self._lease = lease

    async def __call__(self) -> AsyncIterator[Job]:
        """Work on one job after another until none waits, and yield each that ends. Raises `UnavailableError`."""
        while claim := await self._jobs.claim_job(lease=self._lease):
            if job := await self._work_on(claim):
                yield job

    async def _work_on(self, claim: JobClaim) -> Job | None:
        try:
            for _ in range(STEPS_PER_CLAIM):
                job = await self._jobs.advance_job(claim, lease=self._lease, limit=STEP[claim.kind])
                if job is None or job.finished_at is not None:
                    return job
        except (UnavailableError, anyio.get_cancelled_exc_class()):
            # A bug keeps its claim: it would meet the next worker at once.
            with anyio.move_on_after(RELEASE_SECONDS, shield=True), suppress(UnavailableError):
                await self._jobs.release_job(claim)
            raise
        await self._jobs.release_job(claim)
        return None
