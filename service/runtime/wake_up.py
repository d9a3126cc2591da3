"""A wake-up for a background task of this process when new work arrives."""

import anyio


class WakeUp:
    """Ends the wait of one task, the present or the next; several notifications before it count as one."""

    def __init__(self) -> None:
        self._notified = anyio.Event()

    def notify(self) -> None:
        """End the wait."""
        self._notified.set()

    async def wait(self) -> None:
        """Wait for `notify`. Return at once if it was called since the last wait."""
        await self._notified.wait()
        self._notified = anyio.Event()
