"""Starts: from the command to the first answer, on a data directory that exists; and the command's help."""

import subprocess
import time

from bench.reporting.samples import Sample
from bench.sides import fileport
from bench.sides.side import Side
from bench.stage import Stage
from bench.works.work import Work


def _start(stage: Stage, name: str, _: int) -> Sample:
    """The embedded Postgres included."""
    begun = time.monotonic()
    side: Side = fileport.start(name, stage.directory / "start", cores=stage.cores.all)
    seconds = time.monotonic() - begun
    side.stop()
    return Sample(value=seconds)


def _help(stage: Stage, _: str, __: int) -> Sample:
    environ = fileport.settings(stage.directory / "start")
    begun = time.monotonic()
    subprocess.run(fileport.command("--help"), env=environ, stdout=subprocess.DEVNULL, check=True)
    return Sample(value=time.monotonic() - begun)


WORKS = (
    Work(name="start", title="start, to the first answer", unit="s", sides=("fileport",), measure=_start),
    Work(name="help", title="fileport --help", unit="s", sides=("fileport",), measure=_help),
)
