"""The machine: its processors, how a run divides them, and the facts that a reader needs beside the figures."""

import os
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec

_SHOWN = ("fileport", "litestar", "uvicorn", "uvloop", "asyncpg", "aioboto3", "fastapi", "sqlmodel", "aiofiles")


class Cores(msgspec.Struct, frozen=True, kw_only=True):
    """Which processors what runs on. Each server has the first one, so that it is the same for all sides.

    Load generators and the stand-in for S3 have the others; Postgres goes where there is room.
    """

    server: tuple[int, ...]
    client: tuple[int, ...]
    all: tuple[int, ...]

    def describe(self) -> str:
        if self.server == self.client:
            return "one processor for everything"
        return (
            f"servers on processor {self.server[0]}, load generators and S3's stand-in on the others, Postgres on any"
        )


def find_cores() -> Cores:
    found = tuple(sorted(_available()))
    if len(found) == 1:
        return Cores(server=found, client=found, all=found)
    return Cores(server=found[:1], client=found[1:], all=found)


def stay_on(cores: Sequence[int]) -> None:
    """Keep this process, and what it starts, on these processors, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


def on_cores(cores: Sequence[int]) -> list[str]:
    """Return the words before a command that keep it on these processors; none where `taskset` is missing."""
    if shutil.which("taskset") is None:
        return []
    return ["taskset", "--cpu-list", ",".join(map(str, cores))]


def facts() -> dict[str, str]:
    """What the figures depend on."""
    return {
        "processor": _processor(),
        "processors": str(len(_available())),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _SHOWN},
        "commit": commit(),
    }


def commit() -> str:
    """Return the commit that is measured, with a `+` where files differ from it."""
    git = shutil.which("git")
    if git is None:
        return "unknown"
    here = Path(__file__).parent
    described = subprocess.run(
        [git, "describe", "--always", "--dirty=+", "--exclude=*", "--abbrev=12"],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "unknown"


def _available() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown")
