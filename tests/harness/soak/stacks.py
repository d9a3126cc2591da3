"""The embedded stack, with its Postgres ended whatever became of the service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import FILEPORT, server_environ


@asynccontextmanager
async def embedded_stack(data_dir: Path) -> AsyncIterator[EmbeddedStack]:
    """The stack in an empty directory. A service that is killed leaves its Postgres running; none is left here."""
    stack = EmbeddedStack(data_dir)
    try:
        yield stack
    finally:
        if (data_dir / "postgres" / "postmaster.pid").exists():
            # It finds the Postgres that runs, and stops it at its end, as every command does.
            process = await asyncio.create_subprocess_exec(
                FILEPORT, "migrate", env=server_environ(stack.environ), stdout=asyncio.subprocess.DEVNULL
            )
            await process.wait()
