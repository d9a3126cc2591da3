"""Three replicas behind a proxy take turns at uploads while one after another is killed, and no upload is lost."""

import random
from collections.abc import Iterator
from contextlib import AsyncExitStack

import anyio
import httpx

from tests.harness.fault_proxy.stream import StreamProxy
from tests.harness.kills.senders import end_all
from tests.integration.service.conftest import HASTE
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving, start
from tests.support.tus import BYTES, TUS, UPLOADS, encoded

# The idempotency key of a replica that was killed is free after a lease.
BRIEFLY = {**HASTE, "FILEPORT_STAGED_LEASE": "4"}
REPLICAS = 3
KILLS = 3
COUNT = 90
AT_ONCE = 6
SIZE = 250_000
PIECE = 100_000


async def upload(client: httpx.AsyncClient, name: str, content: bytes) -> str:
    """Upload as clients do that never give up, and return the file's id."""
    begin = {
        **TUS,
        "Upload-Length": str(len(content)),
        "Upload-Metadata": encoded(filename=name),
        "Idempotency-Key": name,
    }
    path, acknowledged = "", 0
    while True:
        try:
            if not path:
                begun = await client.post(UPLOADS, headers=begin)
                # The claim of a replica that was killed is free after a while.
                if begun.status_code == 409:
                    await pause()
                    continue
                assert begun.status_code == 201, begun.text
                path = httpx.URL(begun.headers["location"]).path
            found = await client.head(path, headers=TUS)
            if found.status_code in {423, 503}:
                await pause()
                continue
            assert found.status_code == 200
            at = int(found.headers["upload-offset"])
            assert at >= acknowledged
            if at == len(content):
                return str(found.headers["fileport-file-id"])
            piece = content[at : at + PIECE]
            added = await client.patch(path, content=piece, headers={**BYTES, "Upload-Offset": str(at)})
            if added.status_code == 204:
                acknowledged = int(added.headers["upload-offset"])
        except httpx.TransportError:
            await pause()


async def test_no_upload_is_lost_while_replicas_die_again_and_again(own_stack: Stack) -> None:
    contents = {f"file-{number}": random.randbytes(SIZE) for number in range(COUNT)}
    ids: dict[str, str] = {}
    enough = [anyio.Event() for _ in range(KILLS)]

    async with serving({**own_stack.environ, **BRIEFLY}) as observer, AsyncExitStack() as kept:
        environ = {**own_stack.environ, **BRIEFLY, "FILEPORT_DATABASE_URL": own_stack.database_url()}

        async def another() -> Server:
            server = await start(environ)
            kept.push_async_callback(server.stop)
            return server

        replicas = [await another() for _ in range(REPLICAS)]
        proxy = await kept.enter_async_context(StreamProxy([each.url for each in replicas]).listening())
        # Each request has a connection of its own, and so a replica of its own.
        client = httpx.AsyncClient(
            base_url=proxy.url,
            headers={"Authorization": f"Bearer {ROOT_KEY}"},
            limits=httpx.Limits(max_keepalive_connections=0),
            timeout=60,
        )
        await kept.enter_async_context(client)

        async def work(names: Iterator[str]) -> None:
            for name in names:
                ids[name] = await upload(client, name, contents[name])
                for number, event in enumerate(enough, start=1):
                    if len(ids) >= COUNT * number // (KILLS + 1):
                        event.set()

        async def kill() -> None:
            for event in enough:
                await event.wait()
                victim = random.randrange(REPLICAS)
                await replicas[victim].kill()
                replicas[victim] = await another()
                proxy.targets[victim] = replicas[victim].url

        names = iter(contents)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(kill)
            for _ in range(AT_ONCE):
                tasks.start_soon(work, names)

        api = await kept.enter_async_context(observer.client())
        for name, content in contents.items():
            assert (await api.get(f"/v1/files/{ids[name]}/content")).content == content
        assert len((await api.get("/v1/files", params={"limit": 1000})).json()["items"]) == COUNT
        await end_all(api)
        checked = await fsck(environ, "--deep")
        assert checked.status == 0, checked
