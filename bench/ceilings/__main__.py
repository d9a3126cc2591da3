"""`python -m bench.ceilings WHAT …`: measure one ceiling once, and print the sample as JSON."""

import argparse
from pathlib import Path

import msgspec
import uvloop

from bench.reporting.samples import Sample


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ceilings")
    parser.add_argument("what", choices=["query", "insert", "put", "get", "s3-upload", "s3-download", "hash", "copy"])
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--size", type=int, default=0)
    parser.add_argument("--source", type=Path)
    parser.add_argument("--target", type=Path)
    print(msgspec.json.encode(_measure(parser.parse_args())).decode())


def _measure(options: argparse.Namespace) -> Sample:
    # Each library is imported only where it is measured.
    match options.what:
        case "query" | "insert":
            from bench.ceilings import postgres  # noqa: PLC0415

            measure = postgres.queries if options.what == "query" else postgres.inserts
            return uvloop.run(measure(options.tasks, options.seconds))
        case "put" | "get":
            from bench.ceilings import s3  # noqa: PLC0415

            repeat = s3.puts if options.what == "put" else s3.gets
            return uvloop.run(repeat(options.tasks, options.size, options.seconds))
        case "s3-upload" | "s3-download":
            from bench.ceilings import s3  # noqa: PLC0415

            transfer = s3.upload if options.what == "s3-upload" else s3.download
            return uvloop.run(transfer(options.source))
        case _:
            from bench.ceilings import disk  # noqa: PLC0415

            return disk.hashing(options.size) if options.what == "hash" else disk.copy(options.source, options.target)


if __name__ == "__main__":
    main()
