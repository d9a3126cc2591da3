"""The share of a request that the check of its key takes."""

import asyncio

import msgspec

from bench.processes import python_program, run
from bench.reporting.samples import Sample
from bench.sides import fileport
from bench.sides.side import SMALL
from bench.stage import Stage
from bench.works.work import Work


def _authentication(stage: Stage, name: str, _: int) -> Sample:
    side = stage.side(name)
    asyncio.run(side.fill(SMALL, stage.scale.samples))
    environ = fileport.settings(stage.directory / name, DATABASE_URL=stage.database("fileport_disk"))
    command = python_program("-m", "bench.works.authentication", side.ids(SMALL)[0])
    return msgspec.json.decode(run(command, environ, stage.cores.server), type=Sample)


WORKS = (
    Work(
        name="authentication",
        title="the key's share of a metadata GET",
        unit="%",
        sides=("fileport-disk",),
        measure=_authentication,
        has_warm_up=False,
    ),
)
