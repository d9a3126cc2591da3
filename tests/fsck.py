"""A real `fileport fsck` in a process of its own, and what it says."""

import asyncio
from asyncio.subprocess import PIPE
from collections.abc import Mapping
from typing import Any

import msgspec

from tests.server import FILEPORT, server_environ

# Longer than any check of a test's few files takes.
ENDED_SECONDS = 90


class Checked(msgspec.Struct, frozen=True):
    """How a check ended, and what it printed."""

    status: int
    output: str
    errors: str

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = msgspec.json.decode(self.output)
        return report

    @property
    def found(self) -> set[tuple[str, str]]:
        """The findings, as kinds and subjects."""
        return {(finding["kind"], finding["subject"]) for finding in self.report["findings"]}


async def fsck(environ: Mapping[str, str], *flags: str) -> Checked:
    """Run a check with these settings to its end."""
    process = await asyncio.create_subprocess_exec(
        *(FILEPORT, "fsck", *flags),
        env=server_environ(environ),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(ENDED_SECONDS):
            output, errors = await process.communicate()
    except TimeoutError:
        process.kill()
        raise AssertionError("The check does not end.") from None
    assert process.returncode is not None
    return Checked(process.returncode, output.decode(), errors.decode())
