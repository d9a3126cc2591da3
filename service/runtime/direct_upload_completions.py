"""Completions of direct uploads, which run beside the requests that ask for them."""

from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup, TaskStatus

from domain.access.callers import Caller
from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.errors import FileportError
from domain.files.model import Stored

log = structlog.get_logger()

# Proxies wait longer for a response.
WAIT_SECONDS = 20.0
# A completion may read the whole file.
MAX_CONCURRENT = 8


class DirectUploadCompletions:
    """Completes up to `MAX_CONCURRENT` direct uploads at a time, in tasks of its own.

    A large upload takes longer than a request can wait: a request waits `timeout` seconds for the outcome, and the
    task goes on without it, until the worker ends.
    """

    def __init__(self, complete: CompleteDirectUpload, *, timeout: float = WAIT_SECONDS) -> None:
        self._complete = complete
        self._timeout = timeout
        self._slots = anyio.Semaphore(MAX_CONCURRENT)
        self._in_flight: dict[tuple[str, UUID], _Completion] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Run completions until cancelled. Those in flight then give up their reservations."""
        async with anyio.create_task_group() as self._tasks:
            task_status.started()
            await anyio.sleep_forever()

    async def complete(self, caller: Caller, id: UUID) -> Stored | None:
        """Complete the upload, or join the caller's own completion in flight, and return the file.

        Return None where it takes longer, here or in another worker. Raises the errors of `CompleteDirectUpload`.
        """
        completion = self._in_flight.get((caller.owner, id)) or self._start(caller, id)
        with anyio.move_on_after(self._timeout):
            await completion.ended.wait()
        if completion.error is not None:
            raise completion.error
        return completion.stored

    def _start(self, caller: Caller, id: UUID) -> "_Completion":
        if self._tasks is None:
            raise RuntimeError("Nothing runs completions.")
        completion = self._in_flight[caller.owner, id] = _Completion()
        self._tasks.start_soon(self._work, caller, id, completion)
        return completion

    async def _work(self, caller: Caller, id: UUID, completion: "_Completion") -> None:
        try:
            async with self._slots:
                completion.stored = await self._complete(caller, id)
        except FileportError as error:
            completion.error = error
        except Exception as error:
            # Logged here, because every request that waited may have left.
            log.exception("completing failed", upload=str(id))
            completion.error = error
        finally:
            del self._in_flight[caller.owner, id]
            completion.ended.set()


class _Completion:
    """The outcome of one completion: unknown until it has `ended`, and absent where it was cancelled."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.stored: Stored | None = None
        self.error: Exception | None = None
