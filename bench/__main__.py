"""`python -m bench`: measure all sides beside each other, print the table, and keep results and plots."""

import argparse
import os
import signal
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from bench.clients import wrk
from bench.processes import environment
from bench.reporting import plots
from bench.reporting.result_set import ResultSet, load, save
from bench.reporting.table import outcomes, render
from bench.rows import ROWS
from bench.run import run
from bench.stage import Scale, set_up
from bench.works import every
from bench.works.work import Work

RESULTS = Path(__file__).parent / "results"
FULL = Scale(rounds=5, seconds=2, connections=16, large_mebibytes=1024, listed=1_000_000, transfers=50, samples=200)
TINY = Scale(
    rounds=1, seconds=0.1, connections=4, large_mebibytes=4, listed=1_000, transfers=3, samples=10, has_wrk=False
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 where all works were measured, whatever their figures; 1 where one failed."""
    options = _parser().parse_args(arguments)
    if options.report is not None:
        _report(load(options.report), None if options.no_plots else options.results)
        return 0
    works = _chosen(options)
    scale = _scale(options)
    if scale.has_wrk and not wrk.is_installed():
        print(wrk.MISSING, file=sys.stderr)
        return 1
    # So that what was started is stopped.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    # The S3 client of this process needs credentials, too.
    os.environ |= {name: value for name, value in environment().items() if name.startswith("AWS_")}
    with set_up(options.directory, scale) as stage:
        results = run(stage, works)
    if options.results is not None:
        print(f"kept in {save(results, options.results)}", file=sys.stderr)
    _report(results, None if options.no_plots else options.results)
    return 1 if results.failed else 0


def _report(results: ResultSet, directory: Path | None) -> None:
    for name, value in {**results.machine, **results.conditions}.items():
        print(f"{name}: {value}")
    found = outcomes(results, ROWS)
    print(f"\n{render(found)}")
    for name, reason in {**results.missing, **results.failed}.items():
        print(f"not measured: {name}: {reason.splitlines()[0]}")
    if directory is not None:
        for path in plots.draw(results, found, directory):
            print(f"drawn: {path}", file=sys.stderr)


def _chosen(options: argparse.Namespace) -> list[Work]:
    works = _without_containers(every.WORKS) if options.tiny else list(every.WORKS)
    if not options.only:
        return works
    chosen = [work for work in works if any(fnmatchcase(work.name, pattern) for pattern in options.only)]
    if not chosen:
        raise SystemExit(f"There is no such work; there are {', '.join(work.name for work in works)}.")
    return chosen


def _without_containers(works: Iterable[Work]) -> list[Work]:
    """Return the works without the sides in a container, whose start takes longer than all works that are tiny."""
    others = (
        msgspec.structs.replace(work, sides=tuple(side for side in work.sides if "localstack" not in side))
        for work in works
    )
    return [work for work in others if work.sides]


def _scale(options: argparse.Namespace) -> Scale:
    named = {name: getattr(options, name) for name in ("rounds", "seconds", "large_mebibytes", "listed")}
    return msgspec.structs.replace(
        TINY if options.tiny else FULL, **{name: value for name, value in named.items() if value is not None}
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Fileport beside others.")
    parser.add_argument("--only", nargs="+", metavar="WORK", help="works to measure, as names or patterns: upload-*")
    parser.add_argument(
        "--tiny", action="store_true", help="seconds in all, to see that it works; the figures mean nothing"
    )
    parser.add_argument("--rounds", type=int, help=f"(default: {FULL.rounds})")
    parser.add_argument("--seconds", type=float, help=f"of each load, whole ones (default: {FULL.seconds:g})")
    parser.add_argument("--large-mebibytes", type=int, help=f"of the large file (default: {FULL.large_mebibytes})")
    parser.add_argument("--listed", type=int, help=f"how many files to list from (default: {FULL.listed:,})")
    parser.add_argument(
        "--directory",
        type=Path,
        help="where the database and the stores are made, and removed again, on the disk to be measured; "
        "its path is short (default: the system's directory for temporary files)",
    )
    parser.add_argument("--results", type=Path, help="where results and plots are kept (default: nowhere)")
    parser.add_argument("--no-plots", action="store_true", help="draw nothing")
    parser.add_argument("--report", type=Path, metavar="FILE", help="measure nothing: show the results in this file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
