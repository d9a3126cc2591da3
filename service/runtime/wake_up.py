"""Wakes a background task of this process when there is work for it."""

import anyio


class WakeUp:
    """Wakes the task that waits, or will; once, however often it was notified meanwhile."""

    def __init__(self) -> None:
        self._notified = anyio.Event()

    def notify(self) -> None:
        """End the wait."""
        self._notified.set()

    async def wait(self) -> None:
        """Wait until `notify` is called; return at once if it was since the last wait."""
        await self._notified.wait()
        self._notified = anyio.Event()
