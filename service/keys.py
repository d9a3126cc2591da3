"""`fileport keys`: what `/v1/keys` does, from the shell, with the rights of the root, whether a service runs or not."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from dishka import AsyncContainer

from domain.access.acting import acting_as
from domain.access.callers import ROOT
from domain.access.scopes import ACTIONS, Action, Scope
from domain.keys.create_key import CreateKey
from domain.keys.list_keys import ListKeys
from domain.keys.model import DEFAULT_OVERLAP_SECONDS, IssuedKey, Key, NewKey
from domain.keys.revoke_key import RevokeKey
from domain.keys.rotate_key import RotateKey
from service import embedded
from service.container.catalog import check_catalog
from service.container.container import make_inspection_container
from service.http.resources.keys.bodies import issued_key_body, key_body
from service.settings import Settings

_PAGE = 1000


def add_commands(keys: argparse.ArgumentParser) -> None:
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


def run_keys(settings: Settings, options: argparse.Namespace) -> int:
    """Run one of the commands. Return 0, or raise the errors of its use case."""
    complete = embedded.with_service_secret(settings)
    with embedded.found_stack(complete) as found, acting_as(ROOT):
        asyncio.run(_run(found, options))
    return 0


async def _run(settings: Settings, options: argparse.Namespace) -> None:
    await check_catalog(settings)
    async with _container(settings) as container:
        match options.keys_command:
            case "create":
                create = await container.get(CreateKey)
                new = NewKey(
                    name=options.name,
                    scopes=tuple(options.scopes),
                    expires_at=options.expires_at,
                    rate=options.rate,
                    transfers=options.transfers,
                )
                _print_secret(await create(ROOT, new), as_json=options.json)
            case "rotate":
                rotate = await container.get(RotateKey)
                _print_secret(await rotate(ROOT, options.id, overlap=options.overlap_seconds), as_json=options.json)
            case "revoke":
                revoke = await container.get(RevokeKey)
                await revoke(ROOT, options.id)
                sys.stdout.write(f"{options.id} is revoked\n")
            case "list":
                async for key in _all(await container.get(ListKeys), revoked=options.revoked):
                    sys.stdout.write(_as_json(key_body(key)) if options.json else _line(key))
    sys.stdout.flush()


@asynccontextmanager
async def _container(settings: Settings) -> AsyncIterator[AsyncContainer]:
    container = make_inspection_container(settings)
    try:
        yield container
    finally:
        await container.close()


async def _all(list_page: ListKeys, *, revoked: bool) -> AsyncIterator[Key]:
    after: UUID | None = None
    while True:
        page = await list_page(ROOT, revoked=revoked, after=after, limit=_PAGE)
        for key in page.items:
            yield key
        if (after := page.next) is None:
            return


def _print_secret(issued: IssuedKey, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(_as_json(issued_key_body(issued)))
        return
    # The secret alone is on standard output, for a file or a variable.
    sys.stderr.write(f"{_line(issued.key)}The secret, which is not shown again:\n")
    sys.stderr.flush()
    sys.stdout.write(f"{issued.secret}\n")


def _line(key: Key) -> str:
    scopes = " ".join(
        ":".join([",".join(each.actions), each.bucket, *([] if each.prefix is None else [each.prefix])])
        for each in key.scopes
    )
    until = "never expires" if key.expires_at is None else f"expires {key.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    state = until if key.revoked_at is None else f"revoked {key.revoked_at:%Y-%m-%dT%H:%M:%SZ}"
    used = "never used" if key.last_used_at is None else f"used {key.last_used_at:%Y-%m-%dT%H:%MZ}"
    return f"{key.id}  {key.access_key_id}  {state}  {used}  {scopes}  {key.name}\n"


def _as_json(body: msgspec.Struct) -> str:
    return f"{msgspec.json.encode(body).decode()}\n"


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
