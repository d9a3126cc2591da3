"""A real `fileport fsck` in a process of its own, and its report."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from tests.support.processes.forks import fork
from tests.support.processes.server import server_environ

# Longer than any check of a test's few files takes.
ENDED_SECONDS = 90


class Checked(msgspec.Struct, frozen=True):
    """The exit status and the output of a check."""

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
    process = await fork("fsck", *flags, environ=server_environ(environ))
    try:
        async with asyncio.timeout(ENDED_SECONDS):
            output, errors = await asyncio.gather(process.stdout.read(), process.stderr.read())
            status = await process.wait()
    except TimeoutError:
        process.kill()
        raise AssertionError("The check does not end.") from None
    return Checked(status, output.decode(), errors.decode())
