"""Fifty at the edge of a quota, on every way in, and with servers that die amid them: it is never passed."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

import asyncpg
import httpx

from tests.harness.kills.aftermath import BRIEFLY, HASTE, Site
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import serving, start
from tests.support.tus import BYTES, TUS, UPLOADS, encoded

MANY = 50
FITTING = 7
SIZE = 1000
# Room for so many files, and a little of another.
QUOTA = {"quota_bytes": FITTING * SIZE + 20}
DIRECT = "/v1/direct-uploads"
JOBS = "/v1/jobs"
ELSEWHERE = "/v1/buckets/elsewhere"
# Far longer than anything here takes.
SECONDS = 240
RESERVED = "SELECT count(*) FROM blobs WHERE state = 'staged' AND reserved_bucket IS NOT NULL"

Way = Callable[[httpx.AsyncClient, str, str], Awaitable[int]]


def content() -> bytes:
    return random.randbytes(SIZE)


async def put(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    return (await client.put(f"/v1/buckets/{bucket}/files/{name}", content=content())).status_code


async def put_chunked(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(4):
            yield random.randbytes(SIZE // 4)

    return (await client.put(f"/v1/buckets/{bucket}/files/{name}", content=body())).status_code


async def form(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    answer = await client.post(f"/v1/buckets/{bucket}/files", files={"file": (name, content(), "text/plain")})
    return answer.status_code


async def tus(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    headers = {**TUS, "Upload-Length": str(SIZE), "Upload-Metadata": encoded(filename=name, bucket=bucket)}
    begun = await client.post(UPLOADS, headers=headers)
    if not begun.is_success:
        return begun.status_code
    path = httpx.URL(begun.headers["location"]).path
    return (await client.patch(path, content=content(), headers={**BYTES, "Upload-Offset": "0"})).status_code


async def tus_deferred(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    headers = {**TUS, "Upload-Defer-Length": "1", "Upload-Metadata": encoded(filename=name, bucket=bucket)}
    begun = await client.post(UPLOADS, headers=headers)
    if not begun.is_success:
        return begun.status_code
    path = httpx.URL(begun.headers["location"]).path
    added = await client.patch(path, content=content(), headers={**BYTES, "Upload-Offset": "0"})
    if not added.is_success:
        await client.delete(path, headers=TUS)
        return added.status_code
    length = {"Upload-Offset": str(SIZE), "Upload-Length": str(SIZE)}
    return (await client.patch(path, content=b"", headers={**BYTES, **length})).status_code


async def direct(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    opened = await client.post(DIRECT, json={"bucket": bucket, "name": name, "size": SIZE})
    if not opened.is_success:
        return opened.status_code
    upload = opened.json()
    [part] = upload["parts"]["items"]
    async with httpx.AsyncClient() as outside:
        sent = await outside.request(part["method"], part["url"], headers=part["headers"], content=content())
        assert sent.is_success, sent.text
    return (await client.post(f"{DIRECT}/{upload['id']}/complete")).status_code


async def elsewhere(client: httpx.AsyncClient, name: str) -> str:
    answer = await client.put(f"{ELSEWHERE}/files/{name}", content=content())
    return str(answer.json()["id"])


async def copy(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    id_ = await elsewhere(client, name)
    return (await client.post(f"/v1/files/{id_}/copy", json={"bucket": bucket})).status_code


async def move(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    id_ = await elsewhere(client, name)
    return (await client.patch(f"/v1/files/{id_}", json={"bucket": bucket})).status_code


async def batch(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    id_ = await elsewhere(client, name)
    operation = {"op": random.choice(["copy", "move"]), "id": id_, "to": {"bucket": bucket}}
    answer = await client.post("/v1/batch", json={"operations": [operation]})
    return int(answer.json()["results"][0]["status"])


async def job(client: httpx.AsyncClient, bucket: str, name: str) -> int:
    """Move a folder of one file by a job, and return the status of its outcome."""
    await elsewhere(client, f"{name}/file")
    task = {"kind": "move", "bucket": "elsewhere", "prefix": f"{name}/", "to": {"bucket": bucket, "prefix": f"{name}/"}}
    started = await client.post(JOBS, json=task)
    assert started.is_success, started.text
    url = f"{JOBS}/{started.json()['id']}"
    while True:
        state = (await client.get(url)).json()
        if state["state"] == "done":
            assert {each["code"] for each in state["problems"]} <= {"quota_exceeded"}
            return 507 if state["failed"] else 200
        await pause()


WAYS: dict[str, Way] = {
    "put": put,
    "put-chunked": put_chunked,
    "form": form,
    "tus": tus,
    "tus-deferred": tus_deferred,
    "copy": copy,
    "move": move,
    "batch": batch,
    "job": job,
}


def ways(site: Site) -> dict[str, Way]:
    """Return the ways that are tried: on S3 those alone in which the stores differ."""
    return {"put": put, "tus": tus, "direct": direct} if site.store == "s3" else WAYS


async def all_at_once(calls: Iterable[Awaitable[int]]) -> Counter[bool]:
    """Return how many stored a file, and how many were refused with 507: no call has another outcome."""
    statuses = await asyncio.gather(*map(_status, calls))
    assert all(status in {200, 201, 204, 507} for status in statuses), Counter(statuses)
    return Counter(status != 507 for status in statuses)


async def _status(call: Awaitable[int]) -> int:
    try:
        return await call
    except httpx.TransportError:
        # A refusal amid a body ends the connection, sometimes before the client has read why. The usage tells whether
        # it was one.
        return 507


async def usage(client: httpx.AsyncClient, bucket: str) -> dict[str, int]:
    return dict((await client.get(f"/v1/buckets/{bucket}")).json()["usage"])


async def fill(client: httpx.AsyncClient, bucket: str, size: int) -> dict[str, Any]:
    """Store files of `size` bytes until one is refused, and return the problem."""
    for number in range(MANY):
        answer = await client.put(f"/v1/buckets/{bucket}/files/filling-{size}/{number}", content=bytes(size))
        if not answer.is_success:
            assert answer.status_code == 507
            return dict(answer.json())
    raise AssertionError("There is no quota.")


async def test_fifty_at_the_edge_never_pass_it_on_any_way(site: Site) -> None:
    async with serving({**site.environ, **HASTE}) as server, server.client(timeout=SECONDS) as client:
        await client.put(ELSEWHERE, json={})
        for name, way in ways(site).items():
            for quota in (QUOTA, {"quota_files": FITTING}):
                bucket = f"{name}-{next(iter(quota)).replace('_', '-')}"
                await client.put(f"/v1/buckets/{bucket}", json=quota)
                calls = [way(client, bucket, f"{bucket}-{number}") for number in range(MANY)]
                outcomes = await all_at_once(calls)
                used = await usage(client, bucket)
                assert used == {"bytes": outcomes[True] * SIZE, "files": outcomes[True]}, bucket
                # Those whose length is not known may hold more than they need in the end, and keep others out.
                is_exact = name not in {"put-chunked", "tus-deferred"} or quota is not QUOTA
                assert outcomes[True] == FITTING or (not is_exact and outcomes[True] <= FITTING), bucket
                # What is left is there for the next one, to the last byte.
                await fill(client, bucket, SIZE)
                full = await fill(client, bucket, 1) if quota is QUOTA else await fill(client, bucket, 0)
                limit = full["quota_bytes"] if quota is QUOTA else full["quota_files"]
                assert (full["used_bytes"] if quota is QUOTA else full["used_files"]) == limit, bucket
        await until_released(site)
    checked = await fsck(site.environ)
    assert checked.status == 0, checked


async def test_all_ways_share_one_edge(site: Site) -> None:
    async with serving({**site.environ, **HASTE}) as server, server.client(timeout=SECONDS) as client:
        await client.put(ELSEWHERE, json={})
        await client.put("/v1/buckets/edge", json=QUOTA)
        chosen = [random.choice([*ways(site).values()]) for _ in range(MANY)]
        outcomes = await all_at_once(way(client, "edge", f"{number}") for number, way in enumerate(chosen))
        assert 0 < outcomes[True] <= FITTING
        assert await usage(client, "edge") == {"bytes": outcomes[True] * SIZE, "files": outcomes[True]}
        await fill(client, "edge", SIZE)
        assert (await usage(client, "edge"))["files"] == FITTING


# Where servers die: with room that is reserved and no bytes, with bytes and no file, with a file and no answer.
KILLS: dict[str, list[str]] = {
    "put": ["room.statements:after", "room:after:3", "put:after:2", "commit.within_quota:after", "commit:after:2"],
    "put-chunked": ["room:after:6"],
    "form": ["room:after:4"],
    "tus": ["room.statements:after:2", "upload.begin:after:3", "upload.complete:after", "upload.finish:after"],
    "tus-deferred": ["room:after:2"],
    "direct": ["room:after:2", "direct.open:after:2", "direct.commit.file:after", "direct.commit:after"],
    "copy": ["copy.statements:after:2"],
    "batch": ["batch.statements:after:2"],
}
# Uploads that nobody ends let go of their room when they expire.
EXPIRING = {"FILEPORT_UPLOAD_TTL": "10", "FILEPORT_DIRECT_UPLOAD_LIFE": "20"}


async def die(site: Site, failpoint: str, way: Way, bucket: str) -> int:
    """Send uploads at once to a server that dies of them, and return how many were acknowledged."""
    server = await start({**site.environ, **BRIEFLY, **EXPIRING}, failpoint=failpoint)
    acknowledged = 0

    async def one(client: httpx.AsyncClient, number: int) -> None:
        nonlocal acknowledged
        name = f"{failpoint.replace(':', '-')}-{number}"
        # An answer that is no JSON is that of a server that died.
        with suppress(httpx.TransportError, KeyError, ValueError):
            status = await way(client, bucket, name)
            assert status in {200, 201, 204, 507}, status
            acknowledged += status != 507

    try:
        async with server.client(timeout=SECONDS) as client:
            await asyncio.gather(*(one(client, number) for number in range(8)))
        assert await server.ended() == -signal.SIGKILL, server.output
    finally:
        if server.is_running:
            await server.kill()
    return acknowledged


def bucket_of(way: str, failpoint: str) -> str:
    return f"{way}-{failpoint.replace(':', '-').replace('.', '-').replace('_', '-')}"


async def until_released(site: Site) -> None:
    """Wait until no upload holds room of a quota."""
    connection = await asyncpg.connect(site.database)
    try:
        async with asyncio.timeout(SECONDS):
            while await connection.fetchval(RESERVED):
                await pause()
    finally:
        await connection.close()


async def test_servers_that_die_at_the_edge_leave_no_room_taken(site: Site) -> None:
    known = ways(site)
    kills = [(failpoint, name) for name in KILLS if name in known for failpoint in KILLS[name]]
    async with serving({**site.environ, **HASTE, **EXPIRING}) as server, server.client(timeout=SECONDS) as client:
        await client.put(ELSEWHERE, json={})
        for failpoint, name in kills:
            bucket = bucket_of(name, failpoint)
            await client.put(f"/v1/buckets/{bucket}", json=QUOTA)
            acknowledged = await die(site, failpoint, known[name], bucket)
            used = await usage(client, bucket)
            assert acknowledged <= used["files"] <= FITTING, bucket
        await until_released(site)
        for failpoint, name in kills:
            bucket = bucket_of(name, failpoint)
            await fill(client, bucket, SIZE)
            assert await usage(client, bucket) == {"bytes": FITTING * SIZE, "files": FITTING}, bucket
            full = await fill(client, bucket, 1)
            assert full["used_bytes"] == full["quota_bytes"] == QUOTA["quota_bytes"], bucket
    checked = await fsck(site.environ, "--deep")
    assert checked.status == 0, checked
