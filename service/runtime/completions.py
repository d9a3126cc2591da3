"""Completions of uploads, which run beside the requests that ask for them."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import anyio
import structlog
from anyio.abc import TaskGroup, TaskStatus

from domain.errors import FileportError

log = structlog.get_logger()

# A completion may read the whole file.
MAX_CONCURRENT = 8

Key = TypeVar("Key", bound=Hashable)
Result = TypeVar("Result")


class Completion(Generic[Result]):
    """The outcome of one completion: unknown until it has `ended`, and absent where it was cancelled."""

    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.result: Result | None = None
        self.error: Exception | None = None

    async def wait(self, seconds: float) -> bool:
        """Wait for the outcome, but no longer than this, and return whether it is there."""
        with anyio.move_on_after(seconds):
            await self.ended.wait()
        return self.ended.is_set()

    def outcome(self) -> Result | None:
        """Return the result, None where there is none (yet). Raises the error of the work."""
        if self.error is not None:
            raise self.error
        return self.result


class Completions(Generic[Key, Result]):
    """Runs up to `MAX_CONCURRENT` completions at a time, in tasks of its own.

    A large upload takes longer than a client or a proxy waits: the task goes on without the request, until the worker
    ends.
    """

    def __init__(self) -> None:
        self._slots = anyio.Semaphore(MAX_CONCURRENT)
        self._in_flight: dict[Key, Completion[Result]] = {}
        self._tasks: TaskGroup | None = None

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Run completions until cancelled. Those in flight then give up their reservations."""
        async with anyio.create_task_group() as self._tasks:
            task_status.started()
            await anyio.sleep_forever()

    def join(self, key: Key, work: Callable[[], Awaitable[Result]]) -> Completion[Result]:
        """Return the completion of that key that is in flight, or one that `work` has begun."""
        return self._in_flight.get(key) or self._start(key, work)

    def _start(self, key: Key, work: Callable[[], Awaitable[Result]]) -> Completion[Result]:
        if self._tasks is None:
            raise RuntimeError("Nothing runs completions.")
        completion = self._in_flight[key] = Completion[Result]()
        self._tasks.start_soon(self._work, key, work, completion)
        return completion

    async def _work(self, key: Key, work: Callable[[], Awaitable[Result]], completion: Completion[Result]) -> None:
        try:
            async with self._slots:
                completion.result = await work()
        except FileportError as error:
            completion.error = error
        except Exception as error:
            # Logged here, because every request that waited may have left.
            log.exception("completing failed", upload=str(key))
            completion.error = error
        finally:
            del self._in_flight[key]
            completion.ended.set()
