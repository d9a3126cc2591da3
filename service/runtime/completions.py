"""Direct uploads that are being completed, beside the requests that ask for it."""

from uuid import UUID

import anyio
import structlog
from anyio.abc import TaskGroup, TaskStatus

from domain.direct_uploads.complete_direct_upload import CompleteDirectUpload
from domain.errors import FileportError
from domain.files.model import Stored

log = structlog.get_logger()

# Shorter than proxies wait for an answer.
WAIT_SECONDS = 20.0
# Each may read all of a file.
AT_ONCE = 8


class Completions:
    """Completes uploads, up to `AT_ONCE` at a time, in tasks of its own: large ones take longer than anybody waits.

    A request waits `timeout` seconds for the outcome. The work goes on without it, until the worker ends.
    """

    def __init__(self, complete: CompleteDirectUpload, *, timeout: float = WAIT_SECONDS) -> None:
        self._complete = complete
        self._timeout = timeout
        self._places = anyio.Semaphore(AT_ONCE)
        self._running: dict[UUID, _Completion] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Work until cancelled. What runs then gives its reservation up."""
        async with anyio.create_task_group() as self._tasks:
            task_status.started()
            await anyio.sleep_forever()

    async def __call__(self, id: UUID) -> Stored | None:
        """Complete the upload, or join those who wait for that, and return the file.

        None where it takes longer, here or elsewhere. Raises what `CompleteDirectUpload` does.
        """
        completion = self._running.get(id) or self._start(id)
        with anyio.move_on_after(self._timeout):
            await completion.ended.wait()
        if completion.error is not None:
            raise completion.error
        return completion.stored

    def _start(self, id: UUID) -> "_Completion":
        if self._tasks is None:
            raise RuntimeError("Nothing runs completions.")
        completion = self._running[id] = _Completion()
        self._tasks.start_soon(self._work, id, completion)
        return completion

    async def _work(self, id: UUID, completion: "_Completion") -> None:
        try:
            async with self._places:
                completion.stored = await self._complete(id)
        except FileportError as error:
            completion.error = error
        except Exception as error:
            # Nobody may be left who waits for it.
            log.exception("completing failed", upload=str(id))
            completion.error = error
        finally:
            del self._running[id]
            completion.ended.set()


class _Completion:
    """What is known of one: nothing before it has `ended`, nor where it was cancelled."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.stored: Stored | None = None
        self.error: Exception | None = None
