"""The arguments of the `fileport` command. They are read, and helped with, before anything large is imported."""

import argparse
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

import msgspec

from domain.access.scopes import ACTIONS, Action, Scope
from domain.keys.model import DEFAULT_OVERLAP_SECONDS


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options of one command. Exits where they are wrong, and after help and the version."""
    parser = argparse.ArgumentParser(
        prog="fileport",
        description="A file service: metadata in Postgres, bytes in S3 or a directory.",
        epilog="Settings come from environment variables that begin with FILEPORT_; docs/settings.md has them all.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="bring the tables up to date and serve the API")
    serve.add_argument(
        "--ephemeral", action="store_true", help="keep all data in a temporary directory, and remove it at the end"
    )
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
    _add_key_commands(
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


class _Version(argparse.Action):
    """As argparse's own, which would look the version up at each start."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415 - it takes as long as the rest of this module

        print(f"fileport {version('fileport')}")
        parser.exit()


def _add_key_commands(keys: argparse.ArgumentParser) -> None:
    """Give the parser of `fileport keys` its commands."""
    printed = argparse.ArgumentParser(add_help=False)
    printed.add_argument("--json", action="store_true", help="print JSON, one object a line, as the API has it")
    commands = keys.add_subparsers(dest="keys_command", required=True, metavar="COMMAND")
    create = commands.add_parser("create", parents=[printed], help="make a key, and print its secret")
    create.add_argument("name", help="the key's name, for people")
    create.add_argument(
        "--scope",
        dest="scopes",
        action="append",
        required=True,
        type=_scope,
        metavar="ACTIONS:BUCKET[:PREFIX]",
        help=f"what the key may do, and where, such as read,list:photos:team/a/; actions are {', '.join(ACTIONS)}; "
        "a bucket may end in *; may be repeated",
    )
    create.add_argument("--expires-at", type=_time, metavar="TIME", help="such as 2027-01-01T00:00:00Z; else never")
    create.add_argument("--rate", type=int, metavar="N", help="its own limit of requests a second")
    create.add_argument("--transfers", type=int, metavar="N", help="its own limit of bodies that move at once")
    listing = commands.add_parser("list", parents=[printed], help="list the keys, the newest first")
    listing.add_argument("--revoked", action="store_true", help="those that are revoked, too")
    revoke = commands.add_parser("revoke", help="revoke a key, for ever")
    revoke.add_argument("id", type=UUID, help="the key's id")
    rotate = commands.add_parser("rotate", parents=[printed], help="give a key a new secret, and print it")
    rotate.add_argument("id", type=UUID, help="the key's id")
    rotate.add_argument(
        "--overlap-seconds",
        type=int,
        default=DEFAULT_OVERLAP_SECONDS,
        metavar="N",
        help="how long the former secret is taken; default: %(default)s",
    )


def _scope(text: str) -> Scope:
    actions, _, rest = text.partition(":")
    bucket, has_prefix, prefix = rest.partition(":")
    given: list[Any] = [each.strip() for each in actions.split(",")]
    if not bucket or not set(given) <= set(ACTIONS):
        raise argparse.ArgumentTypeError(f"{text!r} is not ACTIONS:BUCKET[:PREFIX], with actions {', '.join(ACTIONS)}")
    chosen: tuple[Action, ...] = tuple(given)
    return Scope(actions=chosen, bucket=bucket, prefix=prefix if has_prefix else None)


def _time(text: str) -> datetime:
    try:
        return msgspec.convert(text, datetime, strict=False)
    except msgspec.ValidationError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2027-01-01T00:00:00Z") from None
