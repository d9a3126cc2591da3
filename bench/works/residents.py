"""The memory of a worker: at rest, after a load, and while many large files move at once."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from bench.clients.transfer import MEBIBYTE, Target, TransferConnection
from bench.memory import Memory, family, proportional, resident, resident_peak
from bench.processes import StartError
from bench.reporting.samples import Sample
from bench.sides.side import CHUNK, SMALL, Side
from bench.stage import Stage
from bench.works.requests import load
from bench.works.work import Work

# How long transfers are watched; on a fast machine the whole of them, else they are cut.
_WATCHED_SECONDS = 8.0
_REST_SECONDS = 0.5


def worker_of(side: Side) -> int:
    """Return the only worker's process. Raises `StartError` where the system does not tell it."""
    try:
        return family(side.program.pid)[-1]
    except OSError as error:
        raise StartError("This system does not tell the memory of processes.") from error


def _at_rest(stage: Stage, name: str, _: int) -> Sample:
    side = stage.side(name)
    time.sleep(_REST_SECONDS)
    return Sample(value=resident(worker_of(side)) / MEBIBYTE)


def _proportional_at_rest(stage: Stage, name: str, _: int) -> Sample:
    return Sample(value=proportional(worker_of(stage.side(name))) / MEBIBYTE)


def _loaded(stage: Stage, name: str, _: int) -> Sample:
    """After downloads and uploads of small files, and the page of a listing."""
    side = stage.side(name)
    asyncio.run(side.fill(SMALL, stage.scale.samples))
    contents = [side.api.content.format(id=id_) for id_ in side.ids(SMALL)]
    for requests in (
        side.get(*contents),
        side.get(side.api.page),
        side.put(side.api.upload.format(name="loaded/{}"), CHUNK[:SMALL]),
    ):
        load(stage, requests, 1)
    return Sample(value=resident(worker_of(side)) / MEBIBYTE)


def _growth(
    move: Callable[[Target, int, float], None], target_of: Callable[[Side], Target], stage: Stage, name: str
) -> Sample:
    side = stage.side(name)
    worker, memory, target = worker_of(side), Memory(side.program.pid), target_of(side)
    before = resident(worker)
    memory.reset_peak()
    until = time.monotonic() + _WATCHED_SECONDS
    with ThreadPoolExecutor(stage.scale.transfers) as threads:
        moves = [threads.submit(move, target, stage.scale.large_mebibytes, until) for _ in range(stage.scale.transfers)]
    for each in moves:
        each.result()
    return Sample(value=max(0, resident_peak(worker) - before) / MEBIBYTE)


def _uploads(stage: Stage, name: str, _: int) -> Sample:
    return _growth(_upload, lambda side: side.target(side.api.upload.format(name="transfers/{}")), stage, name)


def _downloads(stage: Stage, name: str, _: int) -> Sample:
    return _growth(_download, lambda side: side.large_file(stage.scale.large_mebibytes), stage, name)


def _upload(target: Target, mebibytes: int, until: float) -> None:
    with TransferConnection(target.unique()) as connection:
        connection.upload(CHUNK, mebibytes, until=until)


def _download(target: Target, _: int, until: float) -> None:
    with TransferConnection(target) as connection:
        connection.download(until=until)


_SIDES = ("fileport-disk", "fileport-s3")

AT_REST = (
    Work(
        name="memory-rest",
        title="memory of a worker at rest, resident",
        unit="MiB",
        sides=("fileport-disk", "fileport-s3", "guides-disk"),
        measure=_at_rest,
        has_warm_up=False,
        rounds=1,
    ),
    Work(
        name="memory-rest-pss",
        title="memory of a worker at rest, proportional",
        unit="MiB",
        sides=("fileport-disk", "fileport-s3", "guides-disk"),
        measure=_proportional_at_rest,
        has_warm_up=False,
        rounds=1,
    ),
)

LOADED = (
    Work(
        name="memory-loaded",
        title="memory of a worker after load, resident",
        unit="MiB",
        sides=("fileport-disk", "fileport-s3", "guides-disk"),
        measure=_loaded,
        has_warm_up=False,
        rounds=1,
    ),
)

TRANSFERS = (
    Work(
        name="memory-uploads",
        title="growth with 50 uploads of 1 GiB",
        unit="MiB",
        sides=_SIDES,
        measure=_uploads,
        has_warm_up=False,
        rounds=1,
    ),
    Work(
        name="memory-downloads",
        title="growth with 50 downloads of 1 GiB",
        unit="MiB",
        sides=_SIDES,
        measure=_downloads,
        has_warm_up=False,
        rounds=1,
    ),
)
