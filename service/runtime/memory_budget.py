"""The memory of a worker for request bodies that are gathered whole."""

import anyio

from domain.errors import OverloadedError
from service.runtime.concurrency import WAIT_SECONDS

# Four of the longest bodies.
BUFFERED_BYTES = 16 * 1024 * 1024


class MemoryBudget:
    """So many bytes for all bodies of a worker together. Where they are taken, a body waits for `timeout` seconds."""

    def __init__(self, size: int = BUFFERED_BYTES, *, timeout: float = WAIT_SECONDS) -> None:
        self._free = size
        self._timeout = timeout
        self._released = anyio.Event()

    async def take(self, size: int) -> None:
        """Take `size` bytes, which the caller gives back with `release`. Raises `OverloadedError`."""
        if size > self._free:
            with anyio.move_on_after(self._timeout):
                while size > self._free:
                    await self._released.wait()
        if size > self._free:
            raise OverloadedError("Too many request bodies wait in memory.")
        self._free -= size

    def release(self, size: int) -> None:
        self._free += size
        self._released.set()
        self._released = anyio.Event()
