"""`python -m tests.harness.soak`: kill servers at random under load, and check that nothing is lost."""

import argparse
import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.harness.soak.options import Options
from tests.harness.soak.report import Report
from tests.harness.soak.run import soak
from tests.harness.soak.stacks import embedded_stack
from tests.harness.soak.violation import ViolationError
from tests.support.parts.containers import running_localstack, running_postgres, session_of
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import Stack, containers_stack


def main() -> int:
    arguments = _parser().parse_args()
    if arguments.stack == "embedded" and arguments.replicas > 1:
        sys.stderr.write("The embedded stack serves one replica: --stack containers has more.\n")
        return 2
    minutes = arguments.minutes if arguments.minutes or arguments.kills else 5
    options = Options(
        seed=arguments.seed,
        seconds=minutes and minutes * 60,
        kills=arguments.kills,
        clients=arguments.clients,
        replicas=arguments.replicas,
        kills_postgres=arguments.kill_postgres,
        kills_first_start=True,
    )
    directory = make_short_dir()
    print(f"seed {options.seed}; journal, logs and data are in {directory}", flush=True)
    try:
        report = asyncio.run(_soak(arguments.stack, directory, options))
    except ViolationError as error:
        print(f"VIOLATION: {error}")
        print(f"Seed {options.seed}. {directory} is kept: journal.jsonl, logs, evidence.json, and the data directory.")
        return 1
    print("\n".join(report.lines()))
    if not arguments.keep:
        shutil.rmtree(directory)
    return 0


async def _soak(kind: str, directory: Path, options: Options) -> Report:
    async with _stack(kind, directory / "data") as stack:
        return await soak(stack, directory, options, postgres=directory / "data" if kind == "embedded" else None)


@asynccontextmanager
async def _stack(kind: str, data_dir: Path) -> AsyncIterator[Stack]:
    if kind == "embedded":
        async with embedded_stack(data_dir) as embedded:
            yield embedded
        return
    with running_postgres() as dsn, running_localstack() as localstack:
        async with containers_stack(dsn, localstack, session_of(localstack)) as containers:
            yield containers


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.harness.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, help="duration (default: 5, unless --kills is given)")
    parser.add_argument("--kills", type=int, help="end after this number of kills")
    parser.add_argument("--seed", type=int, default=1, help="decides the requests and the moments of the kills")
    parser.add_argument("--stack", choices=["embedded", "containers"], default="embedded")
    parser.add_argument(
        "--replicas", type=int, default=1, help="servers, the first of which is killed (containers only)"
    )
    parser.add_argument("--clients", type=int, default=6, help="clients at once (default: 6)")
    parser.add_argument("--kill-postgres", action="store_true", help="kill the embedded Postgres too, now and then")
    parser.add_argument("--keep", action="store_true", help="keep journal, logs and data of a soak without a violation")
    return parser


if __name__ == "__main__":
    sys.exit(main())
