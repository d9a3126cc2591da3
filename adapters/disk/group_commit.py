"""Small files, which are published several in one call where many wait."""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from adapters.disk.staged_file import StagedFile, publish_all
from adapters.disk.threads import Threads

# With fewer calls at once the disk's journal commits less often than it could, with more each carries fewer files.
_CALLS = 8
_FILES_IN_CALL = 16


class _Waiting:
    """A file that waits to be published."""

    __slots__ = ("chunks", "file", "published")

    def __init__(self, file: StagedFile, chunks: Sequence[bytes | bytearray], published: Future[None]) -> None:
        self.file = file
        self.chunks = chunks
        self.published = published


class GroupCommit:
    """Publishes files, each alone in a call while few calls run; then those that wait share the next one.

    A file fails alone: neither its error nor a cancellation of its caller concerns those that share its call.
    """

    def __init__(self, threads: Threads) -> None:
        self._threads = threads
        self._waiting: deque[_Waiting] = deque()
        self._calls = 0

    async def publish(self, file: StagedFile, chunks: Sequence[bytes | bytearray]) -> None:
        """Write `chunks`, which are all of `file`, and publish it. Raises as `Threads.run` does."""
        waiting = _Waiting(file, chunks, get_running_loop().create_future())
        self._waiting.append(waiting)
        self._start()
        try:
            await self._threads.limit(waiting.published).result()
        except BaseException:
            # While the disk stalls, nothing else would let go of its bytes.
            with suppress(ValueError):
                self._waiting.remove(waiting)
            raise

    def _start(self) -> None:
        while self._waiting and self._calls < _CALLS:
            group = [self._waiting.popleft() for _ in range(min(len(self._waiting), _FILES_IN_CALL))]
            self._calls += 1
            call = self._threads.start(publish_all, [(each.file, each.chunks) for each in group])
            call.when_done(partial(self._end, group))

    def _end(self, group: Sequence[_Waiting], call: Future[list[OSError | None]]) -> None:
        self._calls -= 1
        failure = call.exception()
        errors = [failure] * len(group) if failure is not None else call.result()
        for each, error in zip(group, errors, strict=True):
            if each.published.done():  # its caller has left
                continue
            if error is None:
                each.published.set_result(None)
            else:
                each.published.set_exception(error)
        self._start()
