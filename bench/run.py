"""Take all measurements: each work in rounds, and in each round one side after the other."""

import os
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from asyncpg import PostgresError

from bench.clients.requests import LoadError
from bench.machine import facts
from bench.processes import StartError
from bench.processor_time import processor_seconds
from bench.quotas import is_spacious
from bench.reporting.result_set import ResultSet
from bench.reporting.samples import Figure, Sample
from bench.reporting.statistics import spread
from bench.sides import fileport, guides
from bench.stage import Stage
from bench.works import workers
from bench.works.work import Work

_FAULTS = (StartError, LoadError, OSError, EOFError, RuntimeError, PostgresError)


def run(stage: Stage, works: Iterable[Work]) -> ResultSet:
    """Measure, and say on the way what came of it."""
    figures: list[Figure] = []
    missing: dict[str, str] = {}
    failed: dict[str, str] = {}
    for work in works:
        begun = time.monotonic()
        measured = _measure(stage, work, missing, failed)
        figures += measured
        print(f"{work.title} ({time.monotonic() - begun:.0f} s)", file=sys.stderr)
        for figure in measured:
            told = spread(figure.values)
            used = "" if figure.processor is None else f"{spread(figure.processor).median * 1e6:,.0f} µs of CPU each"
            values = f"{told.median:>12,.4g} {figure.unit:<5}"
            print(
                f"    {figure.side:<24}{values} {f'{told.least:,.4g} - {told.greatest:,.4g}':<24}{used}",
                file=sys.stderr,
                flush=True,
            )
    return ResultSet(
        taken_at=datetime.now(UTC).replace(microsecond=0),
        machine=facts(),
        conditions=conditions(stage),
        figures=figures,
        missing=missing,
        failed=failed,
    )


def conditions(stage: Stage) -> dict[str, str]:
    """How it was measured, for whoever reads the figures."""
    scale = stage.scale
    two_workers = "each worker where it likes"
    if not is_spacious():
        two_workers = f"each worker held to {workers.SHARE:.0%} of a processor: there are no two free ones"
    return {
        "processors": stage.cores.describe(),
        "two workers": two_workers,
        "rounds": f"{scale.rounds}, of {scale.seconds:g} s, after one that does not count; sides in turns",
        "connections": f"{scale.connections}, one worker on each side",
        "load generator": "wrk, one thread" if scale.has_wrk else "the bench's own, which is slow",
        "database": "one embedded PostgreSQL for all, default settings: fsync and synchronous_commit on",
        "authentication": "on, with a key, on both sides",
        "log of Fileport": fileport.LOG,
        "log of the others": guides.LOG,
        "large file": f"{scale.large_mebibytes} MiB",
        "listed files": f"{scale.listed:,}",
        "transfers at once": str(scale.transfers),
    }


def _with_processor_time(stage: Stage, work: Work, side: str, round_: int) -> Sample:
    """Measure, and add the processor time of a side that is a server."""
    before = processor_seconds(stage.side(side).program.pid) if stage.has_side(side) else None
    sample = work.measure(stage, side, round_)
    after = None if before is None else processor_seconds(stage.side(side).program.pid)
    if before is None or after is None or not sample.count:
        return sample
    return msgspec.structs.replace(sample, processor=(after - before) / sample.count)


def _measure(stage: Stage, work: Work, missing: dict[str, str], failed: dict[str, str]) -> list[Figure]:
    sides = list(work.sides)
    samples: dict[str, list[Sample]] = {side: [] for side in sides}
    rounds = min(stage.scale.rounds, work.rounds or stage.scale.rounds)
    for round_ in range(0 if work.has_warm_up and rounds > 1 else 1, rounds + 1):
        for side in tuple(sides):
            # What one side has written is not left for the disk to do in the time of the next.
            os.sync()
            try:
                sample = _with_processor_time(stage, work, side, round_)
            except _FAULTS as error:
                (missing if side in work.optional else failed)[f"{side}/{work.name}"] = str(error)
                print(f"{side} does not do {work.name}: {error}", file=sys.stderr)
                sides.remove(side)
                continue
            if round_:
                samples[side].append(sample)
    return [Figure(side=side, work=work.name, unit=work.unit, samples=samples[side]) for side in sides]
