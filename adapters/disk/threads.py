"""Threads for calls that block."""

from asyncio import Future, get_running_loop, shield, wrap_future
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Generic, TypeVar, TypeVarTuple

from anyio import CancelScope, fail_after

from adapters.disk.errors import DiskStalledError, disk_errors

# A sync may take so much longer: all of the file may be in memory still.
SLOWEST_BYTES_PER_SECOND = 10 * 1024 * 1024

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class PendingCall(Generic[_Result]):
    """A call in a thread, which ends at `deadline`, by the clock of the event loop, for its caller."""

    def __init__(self, future: Future[_Result], deadline: float) -> None:
        self._future = future
        self._deadline = deadline
        # A caller that has failed meanwhile does not ask for the result.
        future.add_done_callback(_see)

    def when_done(self, call: Callable[[Future[_Result]], None]) -> None:
        """Have `call` get the result or error when it is there, whatever becomes of the caller."""
        self._future.add_done_callback(call)

    async def result(self) -> _Result:
        """Return the result. Raises the port's errors, `DiskStalledError` among them."""
        with disk_errors():
            try:
                with fail_after(self._deadline - get_running_loop().time()):
                    return await self._future
            except TimeoutError:
                raise DiskStalledError("The blob store's disk does not answer.") from None


class Threads:
    """Up to `number` threads. A call has `timeout` seconds, a wait for a free thread included.

    Nothing ends a call that hangs in the operating system. It keeps its thread until it returns, and its caller stops
    waiting; so at most `number` calls hang, and while that many do, others fail by their timeout.
    """

    def __init__(self, number: int, timeout: float) -> None:
        # Not anyio's threads: its limiter is free again when a call is abandoned, so that threads would pile up.
        self._executor = ThreadPoolExecutor(number, thread_name_prefix="disk")
        self._timeout = timeout

    async def run(self, call: Callable[[*_Arguments], _Result], *arguments: *_Arguments, longer: float = 0) -> _Result:
        """Return the result of `call`, which may take `longer` seconds on top. Raises `DiskStalledError`."""
        return await self.start(call, *arguments, longer=longer).result()

    def start(
        self, call: Callable[[*_Arguments], _Result], *arguments: *_Arguments, longer: float = 0
    ) -> PendingCall[_Result]:
        """Start `call`, likewise, whose result may be asked for later or never."""
        return self.limit(get_running_loop().run_in_executor(self._executor, call, *arguments), longer=longer)

    def limit(self, future: Future[_Result], *, longer: float = 0) -> PendingCall[_Result]:
        """Limit the wait for `future` likewise."""
        return PendingCall(future, get_running_loop().time() + self._timeout + longer)

    async def finish(self, call: Callable[[], None], error: BaseException | None) -> None:
        """Run a `call` that frees something after `error`, in a cancelled task too, and raise nothing.

        Where the disk stalls this returns at once, and the call runs when the disk goes on.
        """
        done = self._executor.submit(call)
        if isinstance(error, DiskStalledError):
            return
        with CancelScope(shield=True), suppress(OSError), fail_after(self._timeout):
            await shield(wrap_future(done))


def _see(future: "Future[Any]") -> None:
    if not future.cancelled():
        future.exception()
