"""Servers killed at every arrow of resumable uploads: another goes on, and nothing that was acknowledged is lost."""

import random
import signal
from contextlib import suppress

import anyio
import httpx
import msgspec

from tests.harness.kills.aftermath import BRIEFLY, HASTE, Site, until_reaped
from tests.harness.kills.senders import Joiner, Sender, end_all
from tests.support.processes.fsck import fsck
from tests.support.processes.server import serving, start
from tests.support.tus import TUS

AT_ONCE = 2
REACHED_SECONDS = 180

MEBIBYTE = 1024**2
SIZE = 12 * MEBIBYTE + 5
# Of the parts on S3, 5 MiB at least, and of tails that are shorter.
PIECE = 6 * MEBIBYTE + 7


class Survivor(msgspec.Struct, frozen=True):
    """A client whose server died at the failpoint."""

    failpoint: str
    sender: Sender | Joiner


WHOLE = {
    "any": [
        "upload.begin:after",
        "upload.lock:after:2",
        "upload.save:after:2",
        "upload.answer:after:1",
        "upload.finish.commit:after",
        "upload.finish:after",
    ],
    "disk": ["upload.append:after:2", "disk.sync:after:2", "upload.complete:after"],
    "s3": ["s3.part:after:1", "s3.complete:after", "upload.complete:after"],
}
JOINED = ["upload.concatenate:after", "upload.finish.commit:after"]


async def test_an_upload_goes_on_wherever_its_server_died(site: Site) -> None:
    survivors: list[Survivor] = []
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(survivor: Survivor) -> None:
        async with places:
            await die(site, survivor)
        survivors.append(survivor)

    async with anyio.create_task_group() as tasks:
        for failpoint in WHOLE["any"] + WHOLE[site.store]:
            name = failpoint.replace(":", "-")
            tasks.start_soon(one, Survivor(failpoint, Sender(random.randbytes(SIZE), piece=PIECE, name=name)))
        for failpoint in JOINED:
            name = f"joined-{failpoint.replace(':', '-')}"
            tasks.start_soon(one, Survivor(failpoint, Joiner(random.randbytes(SIZE), piece=PIECE, name=name)))

    async with serving({**site.environ, **HASTE}) as server, server.client() as client:
        for each in survivors:
            await each.sender.send(client)
            read = await client.get(f"/v1/files/{each.sender.file_id}/content")
            assert read.content == each.sender.content, each.failpoint
        listed = (await client.get("/v1/files", params={"limit": 1000})).json()["items"]
        assert len(listed) == len(survivors)
        # Of the upload whose creation had no answer, and of the final one that was begun again, if any.
        assert await end_all(client) >= 1
        for part in (part for each in survivors if isinstance(each.sender, Joiner) for part in each.sender.parts):
            assert (await client.delete(str(part.path), headers=TUS)).status_code == 204
        await until_reaped(site, server)
        checked = await fsck(site.environ, "--deep")
        assert checked.status == 0, checked


async def die(site: Site, survivor: Survivor) -> None:
    """Run a server until it dies at the failpoint."""
    server = await start({**site.environ, **BRIEFLY}, failpoint=survivor.failpoint)
    try:
        with anyio.fail_after(REACHED_SECONDS):
            async with server.client() as client:
                with suppress(httpx.TransportError):
                    await survivor.sender.send(client)
                    raise AssertionError(f"{survivor.failpoint} was not reached")
            assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        with anyio.CancelScope(shield=True):
            if server.is_running:
                await server.kill()
