"""Loops that ask again and again for what another process does."""

import anyio


async def pause() -> None:
    """Leave the processor to what the loop waits for."""
    await anyio.sleep(0.01)
