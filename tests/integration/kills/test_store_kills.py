"""Servers killed at every arrow of the write protocol, and started again.

Each kill is a server process of its own that is armed with a failpoint, led there by a client, and ended by SIGKILL in
the middle of a request. Several die at once, as replicas on the same database and blob store. Where one step follows
another with nothing in between, dying after the first is dying before the second, and is done once.
"""

import random
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import anyio
import httpx
import msgspec
import pytest

from tests.harness.kills.accounts import Account
from tests.harness.kills.aftermath import BRIEFLY, HASTE, Casualty, Site, check_aftermath
from tests.support.processes.server import Server, start

# A start takes a core's time; more at once would only wait for each other.
AT_ONCE = 3
# Far longer than any of these takes.
REACHED_SECONDS = 180

TINY = 1000
SMALL = 200_000
# Two parts in S3; nine writes on a disk.
LARGE = 9 * 1024**2


class Scene(msgspec.Struct, frozen=True):
    """An armed server, its client's account, and a bucket of their own."""

    server: Server
    account: Account
    bucket: str


class Kill(msgspec.Struct, frozen=True):
    """A failpoint, a client's way there, and whether the change that it asked for must have happened then.

    `happened` is None where the kill is not in the middle of the client's own change. Files of up to `inline` bytes are
    inline.
    """

    failpoint: str
    play: Callable[[Scene], Awaitable[object]]
    happened: bool | None
    inline: int = 0


async def upload(scene: Scene) -> None:
    await scene.account.put(scene.bucket, "new", payload(SMALL))


async def upload_of_a_type(scene: Scene) -> None:
    """Store a file whose commit is a transaction of several statements."""
    typed = f"{scene.bucket}-typed"
    await scene.account.make_bucket(typed, allowed_types=["*/*"])
    await scene.account.put(typed, "new", payload(SMALL))


async def replace_of_a_type(scene: Scene) -> None:
    typed = f"{scene.bucket}-typed"
    await scene.account.make_bucket(typed, allowed_types=["*/*"])
    await scene.account.put(typed, "twice", payload(SMALL))
    await scene.account.put(typed, "twice", payload(SMALL // 2))


async def upload_tiny(scene: Scene) -> None:
    await scene.account.put(scene.bucket, "tiny", payload(TINY))


async def replace_tiny(scene: Scene) -> None:
    await scene.account.put(scene.bucket, "twice", payload(TINY))
    await scene.account.put(scene.bucket, "twice", payload(TINY // 2))


async def replace_tiny_again_and_again(scene: Scene) -> None:
    """Leave condemned inline blobs until the server dies of them."""
    while True:
        await scene.account.put(scene.bucket, "fed", payload(TINY))
        await anyio.sleep(0.02)


async def upload_large(scene: Scene) -> None:
    await scene.account.put(scene.bucket, "large", payload(LARGE))


async def upload_slowly(scene: Scene) -> None:
    content = payload(SMALL)

    async def body() -> AsyncIterator[bytes]:
        yield content
        await scene.server.ended()
        yield b"late"

    await scene.account.put(scene.bucket, "slow", content, body=body())


async def upload_too_much(scene: Scene) -> None:
    limited = f"{scene.bucket}-limited"
    await scene.account.make_bucket(limited, max_file_size=LARGE - 1)

    async def body() -> AsyncIterator[bytes]:
        yield bytes(LARGE - 1)
        yield b"x"

    await scene.account.expect_refusal(limited, body(), status=413)


async def replace(scene: Scene) -> None:
    await scene.account.put(scene.bucket, "twice", payload(SMALL))
    await scene.account.put(scene.bucket, "twice", payload(SMALL // 2))


async def delete(scene: Scene) -> None:
    id = await scene.account.put(scene.bucket, "deleted", payload(SMALL))
    await scene.account.delete(scene.bucket, "deleted", id)


async def copy(scene: Scene) -> None:
    id = await scene.account.put(scene.bucket, "original", payload(SMALL))
    await scene.account.copy(scene.bucket, "original", id, "copy")


async def delete_copy(scene: Scene) -> None:
    id = await scene.account.put(scene.bucket, "original", payload(SMALL))
    await scene.account.copy(scene.bucket, "original", id, "copy")
    await scene.account.delete(scene.bucket, "original", id)


async def move(scene: Scene) -> None:
    to = f"{scene.bucket}-other"
    await scene.account.make_bucket(to)
    id = await scene.account.put(scene.bucket, "moved", payload(SMALL))
    await scene.account.move(scene.bucket, "moved", id, to)


async def batch(scene: Scene) -> None:
    names = ("deleted", "copied", "moved")
    ids = {name: await scene.account.put(scene.bucket, name, payload(SMALL)) for name in names}
    await scene.account.apply_batch(scene.bucket, ids, *names)


async def delete_bucket(scene: Scene) -> None:
    brief = f"{scene.bucket}-brief"
    await scene.account.make_bucket(brief, default_ttl=1)
    await scene.account.put_briefly(brief, "expired", payload(SMALL))
    await scene.account.until_expired(brief, "expired")
    await scene.account.delete_bucket(brief)


async def feed_reaper(scene: Scene) -> None:
    """Leave blobs that a file had, and blobs that no file got, until the server dies of them."""
    limited = f"{scene.bucket}-limited"
    await scene.account.make_bucket(limited, max_file_size=1)

    async def body() -> AsyncIterator[bytes]:
        yield b"x"
        yield b"x"

    while True:
        await scene.account.put(scene.bucket, "fed", payload(SMALL))
        await scene.account.expect_refusal(limited, body(), status=413)
        await anyio.sleep(0.02)


async def let_expire(scene: Scene) -> None:
    brief = f"{scene.bucket}-brief"
    await scene.account.make_bucket(brief, default_ttl=1)
    await scene.account.put_briefly(brief, "brief", payload(SMALL))
    await scene.server.ended()
    raise httpx.ReadError("There is no server any more.")


# What the database alone keeps whole is shown on one of them, with the directory: a start with S3 takes twice as long.
UPLOADS = {
    "any": [
        Kill("reserve:after", upload, happened=False),
        Kill("renew:after", upload_slowly, happened=False),
        Kill("release:after", upload_too_much, happened=False),
        Kill("commit.insert:after", upload_of_a_type, happened=False),
        Kill("commit:after", upload, happened=True),
        Kill("answer:after", upload, happened=True),
    ],
    "disk": [
        Kill("reserve:before", upload, happened=False),
        Kill("renew:before", upload_slowly, happened=False),
        Kill("disk.write:before", upload, happened=False),
        Kill("disk.write:after", upload, happened=False),
        Kill("disk.write:after:4", upload_large, happened=False),
        Kill("disk.sync:after", upload_large, happened=False),
        Kill("disk.rename:after", upload, happened=False),
        Kill("disk.sync_directory:after", upload_large, happened=False),
        Kill("release:before", upload_too_much, happened=False),
        Kill("commit.live:after", upload_of_a_type, happened=False),
        Kill("commit.at_once:before", upload_tiny, happened=False, inline=TINY),
        Kill("commit.at_once:after", upload_tiny, happened=True, inline=TINY),
    ],
    "s3": [
        Kill("s3.put_object:before", upload, happened=False),
        Kill("s3.put_object:after", upload, happened=False),
        Kill("s3.create:before", upload_large, happened=False),
        Kill("s3.create:after", upload_large, happened=False),
        Kill("s3.part:after:1", upload_large, happened=False),
        Kill("s3.part:after:2", upload_large, happened=False),
        Kill("s3.complete:before", upload_large, happened=False),
        Kill("s3.complete:after", upload_large, happened=False),
        Kill("s3.abort:before", upload_too_much, happened=False),
        Kill("s3.abort:after", upload_too_much, happened=False),
    ],
}
CHANGES = {
    "any": [
        Kill("commit.usage:after", replace_of_a_type, happened=False),
        Kill("commit:after:2", replace, happened=True),
        Kill("delete.statements:after", delete, happened=False),
        Kill("delete:after", delete, happened=True),
        Kill("copy:after", copy, happened=True),
        Kill("batch:after", batch, happened=True),
        Kill("bucket.delete:after", delete_bucket, happened=True),
    ],
    "disk": [
        Kill("commit.replace:after", replace_of_a_type, happened=False),
        Kill("commit.release:after", replace_of_a_type, happened=False),
        Kill("commit.at_once:after:2", replace_tiny, happened=True, inline=TINY),
        Kill("file.release:before", delete, happened=False),
        Kill("file.release:after", delete_copy, happened=False),
        Kill("copy.share:after", copy, happened=False),
        Kill("copy.statements:after", copy, happened=False),
        Kill("file.usage:before", move, happened=False),
        Kill("change.statements:after", move, happened=False),
        Kill("change:after", move, happened=True),
        Kill("batch.operation:before", batch, happened=False),
        Kill("batch.operation:after:2", batch, happened=False),
        Kill("batch.statements:after", batch, happened=False),
        Kill("bucket.delete.release:after", delete_bucket, happened=False),
        Kill("bucket.delete.statements:after", delete_bucket, happened=False),
    ],
    "s3": [],
}
# One after another: each also finds the leases, claims and half removed blobs of the one before.
REAPING = {
    "any": [
        Kill("reap.claim:after", feed_reaper, happened=None),
        Kill("reap.lapse:after", feed_reaper, happened=None),
        Kill("reap.abort:before", feed_reaper, happened=None),
        Kill("reap.abort:after", feed_reaper, happened=None),
        Kill("reap.delete:before", feed_reaper, happened=None),
        Kill("reap.delete:after", feed_reaper, happened=None),
        Kill("reap.forget:after", feed_reaper, happened=None),
    ],
    "disk": [
        Kill("reap.forget:before", feed_reaper, happened=None),
        Kill("reap.inline:after", replace_tiny_again_and_again, happened=None, inline=TINY),
        Kill("reap.expire.statements:after", let_expire, happened=None),
        Kill("reap.expire:after", let_expire, happened=None),
    ],
    "s3": [],
}


async def test_an_upload_that_dies_anywhere_is_a_file_or_nothing(site: Site) -> None:
    await check_aftermath(site, await die_at_once(site, UPLOADS["any"] + UPLOADS[site.store]))


async def test_a_change_that_dies_anywhere_happened_wholly_or_not_at_all(site: Site) -> None:
    await check_aftermath(site, await die_at_once(site, CHANGES["any"] + CHANGES[site.store]))


async def test_a_reaper_that_dies_anywhere_leaves_its_work_to_the_next(site: Site) -> None:
    await check_aftermath(site, [await die(site, kill, HASTE) for kill in REAPING["any"] + REAPING[site.store]])


async def die_at_once(site: Site, kills: list[Kill]) -> list[Casualty]:
    """Kill a server for each of `kills`, several at once."""
    casualties: list[Casualty] = []
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(kill: Kill) -> None:
        async with places:
            casualties.append(await die(site, kill, BRIEFLY))

    async with anyio.create_task_group() as tasks:
        for kill in kills:
            tasks.start_soon(one, kill)
    return casualties


async def die(site: Site, kill: Kill, settings: dict[str, str]) -> Casualty:
    """Run a server until it dies at the failpoint, and return its client's account."""
    environ = {**site.environ, **settings, "FILEPORT_INLINE_BYTES": str(kill.inline)}
    server = await start(environ, failpoint=kill.failpoint)
    try:
        with anyio.fail_after(REACHED_SECONDS):
            async with server.client() as client:
                account = Account(client)
                with suppress(httpx.TransportError):
                    await _play(kill, Scene(server, account, kill.failpoint.replace(":", "-")))
            assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        with anyio.CancelScope(shield=True):
            if server.is_running:
                await server.kill()
    return Casualty(kill.failpoint, account, kill.happened)


async def _play(kill: Kill, scene: Scene) -> None:
    await scene.account.make_bucket(scene.bucket)
    await kill.play(scene)
    pytest.fail(f"{kill.failpoint} was not reached")


def payload(size: int) -> bytes:
    """Return bytes that no other file has."""
    return random.randbytes(size)
