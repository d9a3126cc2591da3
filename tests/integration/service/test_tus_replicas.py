"""Three replicas take turns at everybody's uploads while one of them is killed, and nothing is lost."""

import random
from base64 import b64encode
from collections.abc import Iterator
from contextlib import AsyncExitStack

import anyio
import httpx

from tests.fsck import fsck
from tests.integration.crashes.senders import end_all
from tests.integration.service.conftest import HASTE
from tests.integration.service.stacks import Stack
from tests.server import Server, serving, start

UPLOADS = "/v1/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
BYTES = {**TUS, "Content-Type": "application/offset+octet-stream"}

COUNT = 24
AT_ONCE = 6
SIZE = 2_500_000
PIECE = 600_000


class Replicas:
    """What a round-robin proxy does: each request goes to the next one."""

    def __init__(self, clients: list[httpx.AsyncClient]) -> None:
        self._clients = clients
        self._turn = 0

    def replace(self, index: int, client: httpx.AsyncClient) -> None:
        self._clients[index] = client

    async def send(self, method: str, path: str, **options: object) -> httpx.Response | None:
        """Return the answer, None where the replica was not there, or went away."""
        self._turn += 1
        client = self._clients[self._turn % len(self._clients)]
        try:
            return await client.request(method, path, **options)  # type: ignore[arg-type] # httpx's own options
        except httpx.TransportError:
            return None


async def upload(replicas: Replicas, name: str, content: bytes) -> str:
    """Upload as clients do that never give up, and return the file's id."""
    begin = {
        **TUS,
        "Upload-Length": str(len(content)),
        "Upload-Metadata": f"filename {b64encode(name.encode()).decode()}",
    }
    path, acknowledged = "", 0
    while True:
        if not path:
            begun = await replicas.send("POST", UPLOADS, headers=begin)
            if begun is None or begun.status_code != 201:
                continue
            path = httpx.URL(begun.headers["location"]).path
        found = await replicas.send("HEAD", path, headers=TUS)
        if found is None or found.status_code in {423, 503}:
            continue
        assert found.status_code == 200
        at = int(found.headers["upload-offset"])
        assert at >= acknowledged
        if at == len(content):
            return str(found.headers["fileport-file-id"])
        piece = content[at : at + PIECE]
        added = await replicas.send("PATCH", path, content=piece, headers={**BYTES, "Upload-Offset": str(at)})
        if added is not None and added.status_code == 204:
            acknowledged = int(added.headers["upload-offset"])


async def test_no_upload_is_lost_while_a_replica_dies_again_and_again(own_stack: Stack) -> None:
    contents = {f"file-{number}": random.randbytes(SIZE) for number in range(COUNT)}
    ids: dict[str, str] = {}
    enough = [anyio.Event() for _ in range(2)]

    async with serving({**own_stack.environ, **HASTE}) as first, AsyncExitStack() as kept:
        environ = {**own_stack.environ, "FILEPORT_DATABASE_URL": own_stack.database_url(), **HASTE}

        async def another() -> tuple[Server, httpx.AsyncClient]:
            server = await start(environ)
            kept.push_async_callback(server.stop)
            return server, await kept.enter_async_context(server.client())

        victim, client = await another()
        _, third = await another()
        replicas = Replicas([client, third, await kept.enter_async_context(first.client())])
        names = iter(contents)

        async def work(names: Iterator[str]) -> None:
            for name in names:
                ids[name] = await upload(replicas, name, contents[name])
                for number, event in enumerate(enough):
                    if len(ids) >= COUNT * (number + 1) // 4:
                        event.set()

        async def kill() -> None:
            nonlocal victim
            for event in enough:
                await event.wait()
                await victim.kill()
                victim, client = await another()
                replicas.replace(0, client)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(kill)
            for _ in range(AT_ONCE):
                tasks.start_soon(work, names)

        for name, content in contents.items():
            assert (await third.get(f"/v1/files/{ids[name]}/content")).content == content
        assert len((await third.get("/v1/files", params={"limit": 1000})).json()["items"]) == COUNT
        await end_all(third)
        checked = await fsck(environ, "--deep")
        assert checked.status == 0, checked
