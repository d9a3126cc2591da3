"""`fileport keys`: `/v1/keys` from the shell, with the rights of the root, whether a service runs or not."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec
from dishka import AsyncContainer

from domain.access.acting import acting_as
from domain.access.callers import ROOT
from domain.keys.create_key import CreateKey
from domain.keys.list_keys import ListKeys
from domain.keys.model import IssuedKey, Key, NewKey
from domain.keys.revoke_key import RevokeKey
from domain.keys.rotate_key import RotateKey
from service import embedded
from service.container.catalog import check_catalog
from service.container.container import make_inspection_container
from service.http.resources.keys.bodies import issued_key_body, key_body
from service.settings import Settings

_PAGE = 1000


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
