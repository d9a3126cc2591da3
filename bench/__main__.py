"""`python -m bench`: start a server, measure, report, stop it."""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import report
from bench.measurements import Measurements
from bench.server import compile_all, serving


def main() -> int:
    options = _parser().parse_args()
    settings = {"FILEPORT_WORKERS": str(options.workers), "FILEPORT_BLOB_STORE": options.store}
    if options.store == "s3":
        settings |= {name: value for name, value in os.environ.items() if name.startswith("FILEPORT_S3_")}
    report.about(options.store, options.workers)
    with _data_dir(options.directory) as data_dir:
        compile_all(data_dir)
        with serving(data_dir, settings) as server:
            report.start("start, on an empty directory", server.started_in)
        with serving(data_dir, settings) as server:
            report.start("start, again", server.started_in)
            measurements = Measurements(server, options.seconds)
            measurements.small_files()
            measurements.authentication()
            measurements.listing(options.files)
            measurements.large_file(options.large)
    return 0


@contextmanager
def _data_dir(parent: Path | None) -> Iterator[Path]:
    # Where root runs the bench, the embedded Postgres has another user, which needs access to the directory.
    path = Path(tempfile.mkdtemp(prefix="fp-bench-", dir=parent))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure a Fileport server on this machine.")
    parser.add_argument(
        "--store",
        choices=["disk", "s3"],
        default="disk",
        help="where bytes go; s3 takes FILEPORT_S3_BUCKET, FILEPORT_S3_ENDPOINT_URL and AWS's variables from the "
        "environment, and leaves its objects in the bucket (default: disk)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        help="where the database and the disk store are made, and removed again, on the disk to be measured; "
        "its path is short (default: the system's directory for temporary files)",
    )
    parser.add_argument("--seconds", type=float, default=5, help="for each measurement of requests (default: 5)")
    parser.add_argument("--files", type=int, default=10_000, help="how many files to list from (default: 10000)")
    parser.add_argument("--large", type=int, default=256, help="size of the large file in MiB (default: 256)")
    parser.add_argument("--workers", type=int, default=1, help="the server's worker processes (default: 1)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
