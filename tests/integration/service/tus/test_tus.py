"""Resumable uploads on real servers and real parts: cut, resumed, raced for, and carried on by another replica."""

import asyncio
import hashlib
import random
from base64 import b64encode
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from uuid import UUID

import anyio
import asyncpg
import httpx
import pytest
from tusclient.client import TusClient

from tests.integration.service.conftest import HASTE
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving
from tests.support.raw_client import RawClient
from tests.support.tus import BYTES, TUS, UPLOADS, encoded

MEBIBYTE = 1024 * 1024
# Far longer than a piece takes.
ARRIVED_SECONDS = 60


def payload(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


async def begin(client: httpx.AsyncClient, length: int, **headers: str) -> str:
    """Begin an upload, and return its path: replicas have different hosts."""
    answer = await client.post(UPLOADS, headers={**TUS, "Upload-Length": str(length), **headers})
    assert answer.status_code == 201, answer.text
    return httpx.URL(answer.headers["location"]).path


async def add(client: httpx.AsyncClient, path: str, offset: int, data: Any, **headers: str) -> httpx.Response:
    return await client.patch(path, content=data, headers={**BYTES, "Upload-Offset": str(offset), **headers})


async def find(client: httpx.AsyncClient, path: str) -> httpx.Response:
    answer = await client.head(path, headers=TUS)
    assert answer.status_code == 200, answer.status_code
    return answer


async def offset(client: httpx.AsyncClient, path: str) -> int:
    return int((await find(client, path)).headers["upload-offset"])


async def check_file(client: httpx.AsyncClient, answer: httpx.Response, content: bytes) -> None:
    """Check that the upload has become a file with these bytes."""
    id_ = answer.headers["fileport-file-id"]
    file = (await client.get(f"/v1/files/{id_}")).json()
    assert (file["size"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert (await client.get(f"/v1/files/{id_}/content")).content == content


async def interrupted(server: Server, path: str, at: int, data: bytes, *, length: int) -> RawClient:
    """Send the head of an addition of `length` bytes, and only `data` of them; the connection stays open."""
    connection = await RawClient.connect(server.url)
    headers = {**BYTES, "Upload-Offset": str(at), "Content-Length": str(length)}
    await connection.say(f"PATCH {path}", *(f"{name}: {value}" for name, value in headers.items()))
    await connection.send(data)
    return connection


@pytest.mark.parametrize("sizes", [[12 * MEBIBYTE, 1, 5 * MEBIBYTE, 3 * MEBIBYTE - 1], [100_000] * 7])
async def test_pieces_of_any_size_add_up(client: httpx.AsyncClient, sizes: list[int]) -> None:
    content = payload(sum(sizes))
    path = await begin(client, len(content))
    at, answer = 0, None
    for size in sizes:
        answer = await add(client, path, at, content[at : at + size])
        at += size
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(at)), answer.text
    assert answer is not None
    await check_file(client, answer, content)


async def test_the_bytes_before_a_disconnect_are_kept(client: httpx.AsyncClient, shared_server: Server) -> None:
    content = payload(7 * MEBIBYTE)
    path = await begin(client, len(content))
    sent = 6 * MEBIBYTE + 123
    async with await interrupted(shared_server, path, 0, content[:sent], length=len(content)):
        pass
    await shared_server.line(lambda line: line.get("path") == path and line.get("method") == "PATCH")
    at = await offset(client, path)
    assert 0 < at <= sent
    await check_file(client, await add(client, path, at, content[at:]), content)


async def test_an_addition_that_hangs_gives_way_and_its_bytes_are_kept(
    client: httpx.AsyncClient, shared_server: Server
) -> None:
    content = payload(3 * MEBIBYTE)
    path = await begin(client, len(content))
    async with await interrupted(shared_server, path, 0, content[:MEBIBYTE], length=len(content)) as hanging:
        # Who asks before the bytes have arrived is told that there are none.
        with anyio.fail_after(ARRIVED_SECONDS):
            while not (at := await offset(client, path)):
                await pause()
        assert at == MEBIBYTE
        _, problem = await hanging.problem()
        assert problem["code"] == "interrupted_body"
        await check_file(client, await add(client, path, at, content[at:]), content)


async def locked(stack: Stack, path: str) -> None:
    """Wait until a request has the lock of the upload."""
    connection = await asyncpg.connect(stack.database_url())
    try:
        with anyio.fail_after(ARRIVED_SECONDS):
            while not await connection.fetchval(
                "SELECT held_until > now() FROM uploads WHERE id = $1", UUID(path.rpartition("/")[2])
            ):
                await pause()
    finally:
        await connection.close()


async def test_of_two_additions_at_once_one_is_refused(client: httpx.AsyncClient, stack: Stack) -> None:
    content = payload(2 * MEBIBYTE)
    path = await begin(client, len(content))
    refused = anyio.Event()

    async def steady() -> AsyncIterator[bytes]:
        yield content[:MEBIBYTE]
        at = MEBIBYTE
        while not refused.is_set():
            yield content[at : at + 1]
            at += 1
            await anyio.sleep(0.1)
        yield content[at:]

    async def second() -> None:
        # The first MiB fits into the buffers of the sockets: that it has left the client does not say that the server
        # has begun with it, and the other addition could be the first one.
        await locked(stack, path)
        answer = await add(client, path, 0, content)
        assert (answer.status_code, answer.json()["code"]) == (423, "upload_locked")
        refused.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(second)
        answer = await add(client, path, 0, steady())
    await check_file(client, answer, content)


async def test_of_bytes_with_a_wrong_checksum_nothing_counts(client: httpx.AsyncClient) -> None:
    content = payload(20 * MEBIBYTE)
    path = await begin(client, len(content))
    first = 6 * MEBIBYTE + 17
    await add(client, path, 0, content[:first])
    sha1 = f"sha1 {b64encode(hashlib.sha1(content[first:], usedforsecurity=False).digest()).decode()}"
    damaged = payload(len(content) - first, seed=2)
    answer = await add(client, path, first, damaged, **{"Upload-Checksum": sha1})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert await offset(client, path) == first
    answer = await add(client, path, first, content[first:], **{"Upload-Checksum": sha1})
    await check_file(client, answer, content)


async def test_a_checksum_may_come_behind_the_bytes(shared_server: Server, client: httpx.AsyncClient) -> None:
    content, damaged = payload(20 * MEBIBYTE), payload(14 * MEBIBYTE, seed=2)
    path = await begin(client, len(content))
    first = 6 * MEBIBYTE
    await add(client, path, 0, content[:first])
    sha256 = f"sha256 {b64encode(hashlib.sha256(content[first:]).digest()).decode()}"
    headers = {**BYTES, "Upload-Offset": str(first), "Transfer-Encoding": "chunked", "Trailer": "Upload-Checksum"}
    async with await RawClient.connect(shared_server.url) as connection:

        async def patch(data: bytes, trailers: str) -> None:
            await connection.say(f"PATCH {path}", *(f"{name}: {value}" for name, value in headers.items()))
            await connection.send(b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(data), data, trailers.encode()))

        for data, trailers, status, code in (
            (damaged, f"Upload-Checksum: {sha256}\r\n", 460, "checksum_mismatch"),
            (content[first:], "", 400, "invalid_checksum"),
        ):
            await patch(data, trailers)
            head, problem = await connection.problem()
            assert head.startswith(b"http/1.1 %d" % status)
            assert problem["code"] == code
            assert await offset(client, path) == first
        await patch(content[first:], f"Upload-Checksum: {sha256}\r\n")
        assert (await connection.take()).startswith(b"HTTP/1.1 204")
    await check_file(client, await find(client, path), content)


async def test_parts_are_put_together_also_before_they_are_complete(client: httpx.AsyncClient) -> None:
    sizes = [6 * MEBIBYTE, 1000, 5 * MEBIBYTE + 3]
    content = payload(sum(sizes))
    paths = [await begin(client, size, **{"Upload-Concat": "partial"}) for size in sizes]
    final = await client.post(
        UPLOADS,
        headers={
            **TUS,
            "Upload-Concat": f"final;{' '.join(paths)}",
            "Upload-Metadata": encoded(filename="парts.bin"),
        },
    )
    assert final.status_code == 201
    at = 0
    for path, size in zip(paths, sizes, strict=True):
        assert (await add(client, path, 0, content[at : at + size])).status_code == 204
        at += size
    answer = await find(client, httpx.URL(final.headers["location"]).path)
    assert answer.headers["upload-offset"] == str(len(content))
    await check_file(client, answer, content)


async def test_an_upload_that_was_ended_leaves_nothing(
    client: httpx.AsyncClient, shared_server: Server, stack: Stack
) -> None:
    before, logged = await stack.blobs(), len(shared_server.lines)
    path = await begin(client, 20 * MEBIBYTE)
    await add(client, path, 0, payload(9 * MEBIBYTE))
    assert await stack.blobs() != before
    assert (await client.delete(path, headers=TUS)).status_code == 204
    assert (await client.head(path, headers=TUS)).status_code == 404
    while await stack.blobs() - before:
        line = await shared_server.line(lambda line: line.get("removed", 0) > 0, after=logged)
        logged = shared_server.lines.index(line) + 1


async def test_uploads_under_way_are_no_finding(client: httpx.AsyncClient, stack: Stack) -> None:
    whole, part = await begin(client, 20 * MEBIBYTE), await begin(client, 1000, **{"Upload-Concat": "partial"})
    await add(client, whole, 0, payload(9 * MEBIBYTE))
    await add(client, part, 0, payload(1000))
    checked = await fsck(stack.environ, "--deep", "--json")
    assert (checked.status, checked.found) == (0, set())
    for path in (whole, part):
        assert (await client.delete(path, headers=TUS)).status_code == 204


async def test_replicas_carry_each_other_s_uploads_on_also_after_a_kill(own_stack: Stack) -> None:
    content = payload(20 * MEBIBYTE)
    async with serving({**own_stack.environ, **HASTE}) as first:
        shared = {**own_stack.environ, "FILEPORT_DATABASE_URL": own_stack.database_url()}
        async with serving({**shared, **HASTE}) as second, second.client() as there:
            async with first.client() as here:
                path = await begin(here, len(content))
                await add(here, path, 0, content[: 6 * MEBIBYTE])
                answer = await add(there, path, 6 * MEBIBYTE, content[6 * MEBIBYTE : 7 * MEBIBYTE])
                assert answer.status_code == 204, answer.text
            # Killed in the middle of an addition: nobody lets go of its turn.
            at = 7 * MEBIBYTE
            async with await interrupted(first, path, at, content[at : at + MEBIBYTE], length=MEBIBYTE * 2):
                await first.kill()
            at = await offset(there, path)
            assert at >= 7 * MEBIBYTE
            await check_file(there, await add(there, path, at, content[at:]), content)


async def test_tuspy_uploads_with_checksums(shared_server: Server, client: httpx.AsyncClient) -> None:
    content = payload(5 * MEBIBYTE + 5)

    def upload() -> str:
        tus = TusClient(f"{shared_server.url}{UPLOADS}", headers={"Authorization": f"Bearer {ROOT_KEY}"})
        uploader = tus.uploader(
            file_stream=BytesIO(content),
            chunk_size=MEBIBYTE,
            metadata={"filename": "tuspy.bin", "filetype": "application/x-tuspy"},
            upload_checksum=True,
        )
        uploader.upload(stop_at=2 * MEBIBYTE)
        # Another client resumes it.
        resumed = tus.uploader(file_stream=BytesIO(content), url=uploader.url, chunk_size=700_000, upload_checksum=True)
        assert resumed.offset == 2 * MEBIBYTE
        resumed.upload()
        return str(uploader.url)

    url = await asyncio.to_thread(upload)
    answer = await find(client, httpx.URL(url).path)
    await check_file(client, answer, content)
    file = (await client.get(f"/v1/files/{answer.headers['fileport-file-id']}")).json()
    assert (file["name"], file["content_type"]) == ("tuspy.bin", "application/x-tuspy")
