"""Hashing beside the event loop: the next bytes arrive while the last ones are hashed."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import ClassVar, Self

from domain.blobs.gathered import Gathered, piece_size

# In bytes. Fewer are hashed at once: that takes less time than to ask a thread for it.
_AT_ONCE = 96 * 1024
# In bytes. Chunks that are smaller on average are joined to be hashed.
_JOINED_BELOW = 512 * 1024

# They compute and never wait, so a few keep a worker's share of the processors busy. Started when they are needed.
_threads = ThreadPoolExecutor(4, thread_name_prefix="hash")


class BackgroundHashing:
    """Passes bytes to each of `updates`, in their order, in a thread for each where they are many.

    Nobody else may use what an update changes before `finish` returns. As a context, it is one of those that share the
    memory for pieces.
    """

    _open: ClassVar[int] = 0

    def __init__(self, *updates: Callable[[bytes], object]) -> None:
        self._updates = updates
        self._waiting = Gathered()
        self._running: list[asyncio.Future[None]] = []

    def __enter__(self) -> Self:
        BackgroundHashing._open += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A piece that is being hashed is left: nobody asks for its hash any more.
        BackgroundHashing._open -= 1

    async def add(self, chunk: bytes) -> None:
        """Add bytes. Waits where more than a piece of them is not hashed yet, so that memory stays bounded."""
        self._waiting.add(chunk)
        if self._waiting.size >= piece_size(BackgroundHashing._open):
            await self._wait()
            self._start()

    async def finish(self) -> None:
        """Return when all bytes are hashed."""
        if self._waiting.size > _AT_ONCE:
            await self._wait()
            self._start()
        await self._wait()
        piece = self._take()
        for update in self._updates:
            _hash(update, piece)

    def _start(self) -> None:
        loop, piece = asyncio.get_running_loop(), self._take()
        self._running = [loop.run_in_executor(_threads, _hash, update, piece) for update in self._updates]

    async def _wait(self) -> None:
        running, self._running = self._running, []
        for each in running:
            await each

    def _take(self) -> Gathered:
        taken, self._waiting = self._waiting, Gathered()
        return taken


def _hash(update: Callable[[bytes], object], gathered: Gathered) -> None:
    # Each call of a hash gives the interpreter's lock away and waits for it, which costs more than a small copy.
    if gathered.size < _JOINED_BELOW * len(gathered.chunks):
        update(b"".join(gathered.chunks))
    else:
        for chunk in gathered.chunks:
            update(bytes(chunk))
