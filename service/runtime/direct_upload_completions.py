"""Completions of direct uploads, which run beside the requests that ask for them."""

from uuid import UUID

import anyio
from anyio.abc import TaskStatus

from domain.access.callers import Caller
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.files.model import Stored
from service.runtime.completions import Completions

# Proxies wait longer for a response.
WAIT_SECONDS = 20.0


class DirectUploadCompletions:
    """Completes direct uploads: a request waits `timeout` seconds for the outcome, and the work goes on without it."""

    def __init__(self, complete: CompleteDirectUpload, *, timeout: float = WAIT_SECONDS) -> None:
        self._complete = complete
        self._timeout = timeout
        self._completions = Completions[tuple[str, UUID], Stored | None]()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Run completions until cancelled, as `Completions.run` does."""
        await self._completions.run(task_status=task_status)

    async def complete(self, caller: Caller, id: UUID) -> Stored | None:
        """Complete the upload, or join the caller's own completion in flight, and return the file.

        Return None where it takes longer, here or in another worker. Raises the errors of `CompleteDirectUpload`.
        """
        completion = self._completions.join((caller.owner, id), lambda: self._complete(caller, id))
        await completion.wait(self._timeout)
        return completion.outcome()
