"""Servers killed at every arrow of a direct upload: the next completion makes one file, and nothing is left."""

import random
import signal

import anyio
import asyncpg
import httpx
import msgspec
import pytest

from tests.harness.kills.accounts import Account
from tests.harness.kills.aftermath import BRIEFLY, HASTE, Casualty, Site, check_aftermath
from tests.support.processes.server import Server, serving, start

AT_ONCE = 3
# Far longer than any of these takes.
REACHED_SECONDS = 180
LONG = {"FILEPORT_DIRECT_UPLOAD_LIFE": "600"}
PART = 5 * 1024**2
UPLOADS = "/v1/direct-uploads"
BUCKET = "direct"

OPENING = ["direct.begin:after", "direct.open:before", "direct.open:after"]
COMPLETING = [
    "direct.claim:before",
    "direct.claim:after",
    "direct.join:before",
    "direct.join:after",
    "direct.copy:after",
    "direct.commit.file:after",
    "direct.commit.statements:after",
    "direct.commit:after",
]


class Upload(msgspec.Struct):
    """What a client knows of one: its id, once it was told, the name of its file, and its bytes."""

    name: str
    content: bytes
    id: str = ""


@pytest.mark.parametrize("postgres", ["containers"], indirect=True)
async def test_a_direct_upload_whose_server_dies_anywhere_is_completed_by_asking_again(site: Site) -> None:
    uploads = [Upload(failpoint.replace(":", "-"), random.randbytes(PART + 1)) for failpoint in (*OPENING, *COMPLETING)]
    places = anyio.CapacityLimiter(AT_ONCE)

    async def one(failpoint: str, upload: Upload) -> None:
        async with places:
            await die(site, failpoint, upload)

    async with serving({**site.environ, **BRIEFLY}) as server, server.client() as api:
        await api.put(f"/v1/buckets/{BUCKET}", json={})
    async with anyio.create_task_group() as tasks:
        for failpoint, upload in zip((*OPENING, *COMPLETING), uploads, strict=True):
            tasks.start_soon(one, failpoint, upload)
    assert [bool(upload.id) for upload in uploads] == [False] * len(OPENING) + [True] * len(COMPLETING)
    async with serving({**site.environ, **HASTE, **LONG}) as server, server.client() as api:
        for upload in uploads[len(OPENING) :]:
            first, again = await completed(api, upload), await completed(api, upload)
            assert (first["name"], first["revision"]) == (upload.name, 1)
            assert first == again
        account = Account(api)
        account.acknowledged = {BUCKET: {upload.name: upload.content for upload in uploads if upload.id}}
    await end_leases(site)
    # By a server that reaps alone, for its log tells when something is gone.
    await check_aftermath(site, [Casualty("direct", account, happened=True)])


async def die(site: Site, failpoint: str, upload: Upload) -> None:
    """Run a server until it dies at the failpoint, and record its client's answers."""
    server = await start({**site.environ, **BRIEFLY, **LONG}, failpoint=failpoint)
    try:
        with anyio.fail_after(REACHED_SECONDS):
            async with server.client() as api:
                with pytest.raises(httpx.TransportError):
                    await send(api, upload)
            assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        await end(server)


async def send(api: httpx.AsyncClient, upload: Upload) -> None:
    asked = {"bucket": BUCKET, "name": upload.name, "size": len(upload.content), "part_size": PART}
    opened = (await api.post(UPLOADS, json=asked)).raise_for_status().json()
    upload.id = opened["id"]
    async with httpx.AsyncClient(timeout=60) as store:
        for part in opened["parts"]["items"]:
            body = upload.content[(part["number"] - 1) * PART : part["number"] * PART]
            answer = await store.request(part["method"], part["url"], headers=part["headers"], content=body)
            assert answer.status_code == 200, answer.text
    answer = await api.post(f"{UPLOADS}/{upload.id}/complete")
    pytest.fail(f"the failpoint was not reached: {answer.text}")


async def completed(api: httpx.AsyncClient, upload: Upload) -> dict[str, object]:
    """Complete the upload until the claim of a dead server has ended, and return the file."""
    while True:
        answer = await api.post(f"{UPLOADS}/{upload.id}/complete")
        if answer.status_code != 202:
            assert answer.status_code == 201, answer.text
            return dict(answer.json())
        await anyio.sleep(0.1)


async def end_leases(site: Site) -> None:
    """Let the time of all staged blobs come."""
    connection = await asyncpg.connect(site.database)
    try:
        await connection.execute("UPDATE blobs SET lease_until = now() WHERE state = 'staged'")
    finally:
        await connection.close()


async def end(server: Server) -> None:
    with anyio.CancelScope(shield=True):
        if server.is_running:
            await server.kill()
