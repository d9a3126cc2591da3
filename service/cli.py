"""The `fileport` command."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import NoReturn

import msgspec

from domain.errors import FileportError
from service import embedded
from service.container.catalog import migrate_catalog
from service.container.container import check_disk
from service.environment import SettingsError
from service.fsck import UNKNOWN, Options, fsck
from service.observability.logs import configure_logs
from service.serve import serve
from service.settings import Settings, read_settings


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command. Return its exit status: 0 success, 1 failure, 2 wrong arguments; `fsck` has its own."""
    options = _parse(arguments)
    # The first process of a container ignores the signals that it does not handle.
    signal.signal(signal.SIGTERM, _exit)
    try:
        settings = read_settings(os.environ if environ is None else environ)
        configure_logs(level=settings.log_level, format_=settings.log_format)
        if options.command == "fsck":
            return fsck(settings, msgspec.convert(vars(options), Options))
        with embedded.started_stack(settings) as complete:
            return _run(options.command, complete)
    except (SettingsError, FileportError) as error:
        print(f"fileport: {error}", file=sys.stderr)
        return UNKNOWN if options.command == "fsck" else 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(command: str, settings: Settings) -> int:
    asyncio.run(migrate_catalog(settings))
    if command == "serve":
        asyncio.run(check_disk(settings))
        return serve(settings)
    print("fileport: the catalog's tables are up to date")
    return 0


def _exit(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="fileport",
        description="A file service: metadata in Postgres, bytes in S3 or a directory.",
        epilog="Settings come from environment variables that begin with FILEPORT_; docs/settings.md has them all.",
    )
    parser.add_argument("--version", action="version", version=f"fileport {version('fileport')}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="bring the tables up to date and serve the API")
    commands.add_parser("migrate", help="bring the tables up to date and stop")
    check = commands.add_parser(
        "fsck",
        help="compare the catalog with the blob store",
        description="Compare the catalog with the blob store, both ways, while services run or while none does.",
        epilog="Exit status: 0 clean, 1 findings, repaired or not, 2 could not check, or the repair was refused.",
    )
    check.add_argument("--deep", action="store_true", help="read every blob and compare its SHA-256")
    check.add_argument("--repair", action="store_true", help="repair what can be repaired; docs/fsck.md says what")
    check.add_argument("--force", action="store_true", help="repair even where a tenth of the store has no file")
    check.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    if options.command == "fsck" and options.force and not options.repair:
        check.error("--force is for --repair")
    return options


if __name__ == "__main__":
    sys.exit(main())
