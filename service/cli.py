"""The `fileport` command."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import NoReturn

import msgspec
import structlog

from domain.errors import FileportError
from service import embedded
from service.container.catalog import migrate_catalog
from service.container.container import check_blob_store
from service.environment import Fetch, SettingsError
from service.fsck import UNKNOWN, Options, fsck
from service.heap import share_one_heap
from service.keys import add_commands, run_keys
from service.observability.causes import Origins, explain
from service.observability.logs import configure_logs
from service.observability.origins import origins_of
from service.secrets_manager import fetch_secret
from service.serve import serve
from service.settings import read_settings, unknown_settings

log = structlog.get_logger()


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] | None = None) -> int:
    """Run one command. Return its exit status: 0 success, 1 failure, 2 wrong arguments; `fsck` has its own."""
    options = _parse(arguments)
    share_one_heap()
    # The first process of a container ignores the signals that it does not handle.
    signal.signal(signal.SIGTERM, _exit)
    environ = os.environ if environ is None else environ
    origins: Origins = {}
    fetch = cache(fetch_secret)
    try:
        settings = read_settings(environ, fetch)
        origins = origins_of(settings)
        configure_logs(level=settings.log_level, format_=settings.log_format, origins=origins)
        _warn_of_unknown_settings(environ, fetch)
        if options.command == "fsck":
            return fsck(settings, msgspec.convert(vars(options), Options))
        if options.command == "keys":
            return run_keys(settings, options)
        with embedded.started_stack(settings) as stack:
            return _run(options.command, stack)
    except SettingsError as error:
        return _fail(options.command, str(error))
    except FileportError as error:
        return _fail(options.command, explain(error, origins))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _run(command: str, stack: embedded.StartedStack) -> int:
    asyncio.run(migrate_catalog(stack.settings))
    if command == "serve":
        asyncio.run(check_blob_store(stack.settings))
        return serve(stack.settings, stack.watch)
    print("fileport: the catalog's tables are up to date")
    return 0


def _fail(command: str, reason: str) -> int:
    print(f"fileport: {reason}", file=sys.stderr)
    return UNKNOWN if command == "fsck" else 1


def _warn_of_unknown_settings(environ: Mapping[str, str], fetch: Fetch) -> None:
    for name, nearest in unknown_settings(environ, fetch).items():
        # The value may be a secret.
        log.warning("a variable is not a setting", name=name, nearest=nearest or "none: see docs/settings.md")


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
    add_commands(
        commands.add_parser(
            "keys",
            help="make, list, revoke and rotate API keys",
            description="Handle API keys in the catalog, while services run or while none does: docs/keys.md.",
        )
    )
    options = parser.parse_args(arguments)
    if options.command == "fsck" and options.force and not options.repair:
        check.error("--force is for --repair")
    return options


if __name__ == "__main__":
    sys.exit(main())
