"""The commands of `fileport`: they share their settings, their logs, and how they fail."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping
from functools import cache
from typing import NoReturn

import msgspec
import structlog

from domain.errors import FileportError
from service import embedded
from service.container.catalog import migrate_catalog
from service.container.container import check_blob_store
from service.environment import Fetch, SettingsError
from service.ephemeral import ephemeral_stack
from service.fsck import UNKNOWN, Options, fsck
from service.heap import share_one_heap
from service.keys import run_keys
from service.observability.causes import Origins, explain
from service.observability.logs import configure_logs
from service.observability.origins import origins_of
from service.secrets_manager import fetch_secret
from service.serve import serve
from service.settings import read_settings, unknown_settings

log = structlog.get_logger()


def run(options: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Run one command. Return its exit status: 0 success, 1 failure; `fsck` has its own."""
    share_one_heap()
    # The first process of a container ignores the signals that it does not handle.
    signal.signal(signal.SIGTERM, _exit)
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
        started = ephemeral_stack if options.command == "serve" and options.ephemeral else embedded.started_stack
        with started(settings) as stack:
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
