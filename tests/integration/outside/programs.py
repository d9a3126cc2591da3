"""Programs of others, run to their end."""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from collections.abc import Mapping
from pathlib import Path


async def run(*command: str | Path, cwd: Path, environ: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run the command and return its exit status and its output."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environ, stdin=DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode(errors="replace")
