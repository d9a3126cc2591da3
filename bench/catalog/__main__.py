"""`python -m bench.catalog`: measure every listing on catalogs of ten thousand to five million files.

Writes `catalog-<files>.json`, an object for each operation with its plan, and `catalog-growth.json`, for a plot.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec

from adapters.embedded import EmbeddedPostgres
from adapters.postgres import migrate
from bench.catalog.measure import Measured, run
from bench.load_catalog import SEED, load

SIZES = (10_000, 100_000, 1_000_000, 5_000_000)
RESULTS = Path(__file__).parent.parent / "results"


def main() -> int:
    options = _parser().parse_args()
    options.results.mkdir(exist_ok=True)
    grown: list[Measured] = []
    if options.dsn:
        grown = _measure(options.dsn, options)
    else:
        path = Path(tempfile.mkdtemp(prefix="fp-bench-", dir=options.directory))
        path.chmod(0o711)
        try:
            with EmbeddedPostgres(path) as dsn:
                for files in options.files:
                    grown += _measure(asyncio.run(_make(dsn, files)), options)
                    asyncio.run(_execute(dsn, "DROP DATABASE measured WITH (FORCE)"))
        finally:
            shutil.rmtree(path, ignore_errors=True)
    _merge_growth(options.results / "catalog-growth.json", grown)
    return 0


def _measure(dsn: str, options: argparse.Namespace) -> list[Measured]:
    results = run(dsn, seconds=options.seconds, calls=options.calls, only=options.only)
    if results and not options.only:
        text = msgspec.json.format(msgspec.json.encode(results))
        (options.results / f"catalog-{results[0].files}.json").write_bytes(text + b"\n")
    return results


def _merge_growth(path: Path, measured: list[Measured]) -> None:
    """Write the points of the plot: those of other sizes, and of operations that were not measured now, stay."""
    kept = msgspec.json.decode(path.read_bytes()) if path.exists() else []
    points = {(each["files"], each["operation"]): each for each in kept}
    for each in measured:
        points[each.files, each.operation] = {
            "files": each.files,
            "operation": each.operation,
            "p50_ms": each.p50_ms,
            "p99_ms": each.p99_ms,
            "pages": each.pages,
            "code": each.code,
        }
    ordered = [points[key] for key in sorted(points, key=lambda key: (key[1], key[0]))]
    path.write_text("[\n" + ",\n".join(msgspec.json.encode(each).decode() for each in ordered) + "\n]\n")


async def _make(dsn: str, files: int) -> str:
    await _execute(dsn, "DROP DATABASE IF EXISTS measured WITH (FORCE)")
    await _execute(dsn, "CREATE DATABASE measured")
    made = urlunsplit(urlsplit(dsn)._replace(path="/measured"))
    await migrate(made)
    connection = await asyncpg.connect(made)
    try:
        await load(connection, files, seed=SEED, now=datetime.now(UTC), audit=files // 5)
    finally:
        await connection.close()
    return made


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.catalog", description=__doc__)
    parser.add_argument("--files", type=int, nargs="+", default=SIZES, help="how many files, one size after another")
    parser.add_argument("--dsn", help="a loaded catalog to measure in place of new ones, as its superuser")
    parser.add_argument("--only", default="", help="measure the operations whose names contain this")
    parser.add_argument("--seconds", type=float, default=3, help="for each operation (default: 3)")
    parser.add_argument("--calls", type=int, default=100, help="of each operation at most (default: 100)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the results go (default: bench/results)")
    parser.add_argument("--directory", type=Path, help="where the database is made; its path is short")
    return parser


if __name__ == "__main__":
    sys.exit(main())
