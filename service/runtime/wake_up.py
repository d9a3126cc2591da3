"""A bell: whoever has work for a background task of this process rings it."""

import anyio


class Bell:
    """Wakes one who waits, or who will; however often it was rung meanwhile, once."""

    def __init__(self) -> None:
        self._rung = anyio.Event()

    def ring(self) -> None:
        """Let the wait end."""
        self._rung.set()

    async def wait(self) -> None:
        """Wait until it rings, or return at once if it has since the last time."""
        await self._rung.wait()
        self._rung = anyio.Event()
