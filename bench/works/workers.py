"""One worker and two, on metadata.

Two workers want two processors of their own. A machine with fewer than four has none to spare beside Postgres and the
clients: there each worker, the single one as well, is held to a share of a processor, and Postgres and the clients
have the rest. So the ratio shows whether workers hinder each other, as it would on a larger machine.
"""

import asyncio
from contextlib import ExitStack

from bench.memory import family
from bench.quotas import held_to, is_spacious
from bench.reporting.samples import Sample
from bench.sides.side import SMALL
from bench.stage import Stage
from bench.works.requests import load
from bench.works.work import Work

SHARE = 0.25


def _measure(stage: Stage, name: str, round_: int) -> Sample:
    side = stage.side(name)
    asyncio.run(side.fill(SMALL, stage.scale.samples))
    paths = (side.api.metadata.format(id=id_) for id_ in side.ids(SMALL))
    with ExitStack() as stack:
        if not is_spacious():
            # The supervisor is the first one.
            stack.enter_context(held_to(SHARE, family(side.program.pid)[1:]))
        return load(stage, side.get(*paths), round_)


WORKS = (
    Work(
        name="workers",
        title="metadata GET, two workers and one",
        unit="/s",
        sides=("fileport-2-workers", "fileport-1-worker"),
        optional=("fileport-2-workers", "fileport-1-worker"),
        measure=_measure,
    ),
)
