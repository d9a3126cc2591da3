"""Clients that send bytes to S3 themselves: a real server, Postgres and LocalStack, over sockets."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from hashlib import sha256
from typing import Any

import asyncpg
import httpx
import pytest

from tests.integration.service.conftest import open_stack
from tests.support.parts.stacks import Stack
from tests.support.polling import pause
from tests.support.processes.fsck import fsck
from tests.support.processes.server import Server, serving

MIB = 1024**2
PART = 5 * MIB
CONTENT = random.Random(7).randbytes(2 * PART + 11)
UPLOADS = "/v1/direct-uploads"
FILE = "/v1/buckets/default/files/direct.bin"
HASTE = {"FILEPORT_REAPER_INTERVAL": "0.1"}
REAPED_SECONDS = 60

Json = dict[str, Any]


@pytest.fixture(scope="module", params=["containers"])
async def s3_stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    async with open_stack(request) as stack:
        yield stack


@pytest.fixture(scope="module")
async def server(s3_stack: Stack) -> AsyncIterator[Server]:
    async with serving({**s3_stack.environ, **HASTE}) as server:
        yield server


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client


@pytest.fixture
async def store() -> AsyncIterator[httpx.AsyncClient]:
    """A client of S3, with no right but what URLs give."""
    async with httpx.AsyncClient(timeout=60) as client:
        yield client


async def begin(api: httpx.AsyncClient, content: bytes = CONTENT, **fields: object) -> Json:
    asked = {"bucket": "default", "name": "direct.bin", "size": len(content), **fields}
    answer = await api.post(UPLOADS, json=asked)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def send(store: httpx.AsyncClient, upload: Json, content: bytes, *numbers: int) -> None:
    """Send the parts of these numbers, all by default."""
    size = upload["part_size"]
    for part in upload["parts"]["items"]:
        if not numbers or part["number"] in numbers:
            body = content[(part["number"] - 1) * size : part["number"] * size]
            answer = await store.request(part["method"], part["url"], headers=part["headers"], content=body)
            assert answer.status_code == 200, answer.text


async def complete(api: httpx.AsyncClient, upload: Json) -> httpx.Response:
    return await api.post(f"{UPLOADS}/{upload['id']}/complete")


async def assert_clean(stack: Stack) -> None:
    checked = await fsck(stack.environ, "--deep")
    assert checked.status == 0, checked


@pytest.mark.parametrize("part_size", [PART, None])
async def test_bytes_that_were_sent_to_s3_become_a_file(
    api: httpx.AsyncClient, store: httpx.AsyncClient, s3_stack: Stack, part_size: int | None
) -> None:
    digest = sha256(CONTENT).hexdigest()
    upload = await begin(api, sha256=digest, part_size=part_size)
    assert upload["part_count"] == (3 if part_size else 1)
    await assert_clean(s3_stack)
    await send(store, upload, CONTENT)
    await assert_clean(s3_stack)
    answers = [await complete(api, upload) for _ in range(2)]
    file = answers[0].json()
    assert (file["size"], file["sha256"]) == (len(CONTENT), digest)
    assert answers[1].json() == file
    assert (await api.get(FILE)).content == CONTENT
    await assert_clean(s3_stack)
    await api.delete(f"/v1/files/{file['id']}")


async def test_bytes_that_are_sent_after_the_completion_change_no_file(
    api: httpx.AsyncClient, store: httpx.AsyncClient, s3_stack: Stack
) -> None:
    upload = await begin(api)
    await send(store, upload, CONTENT)
    file = (await complete(api, upload)).json()
    await send(store, upload, CONTENT[::-1])
    assert (await api.get(FILE)).content == CONTENT
    await assert_clean(s3_stack)
    await api.delete(f"/v1/files/{file['id']}")


async def test_wrong_and_missing_bytes_make_no_file(
    api: httpx.AsyncClient, store: httpx.AsyncClient, s3_stack: Stack
) -> None:
    missing = await begin(api, part_size=PART)
    await send(store, missing, CONTENT, 2)
    answer = await complete(api, missing)
    assert (answer.status_code, answer.json()["code"]) == (400, "incomplete_upload")
    assert answer.json()["detail"].endswith(": 1, 3.")
    nothing = await begin(api)
    assert (await complete(api, nothing)).json()["code"] == "incomplete_upload"
    # LocalStack takes what S3 itself would refuse: another length than the one that was signed.
    (part,) = nothing["parts"]["items"]
    assert (await store.put(part["url"], content=CONTENT[:-1])).status_code == 200
    answer = await complete(api, nothing)
    assert (answer.status_code, answer.json()["code"]) == (400, "incomplete_upload")
    other = await begin(api, sha256="0" * 64)
    await send(store, other, CONTENT)
    answer = await complete(api, other)
    assert (answer.status_code, answer.json()["code"]) == (400, "digest_mismatch")
    assert (await api.get(FILE)).status_code == 404
    await assert_clean(s3_stack)
    await send(store, missing, CONTENT, 1, 3)
    await send(store, nothing, CONTENT)
    stored = [await complete(api, upload) for upload in (missing, nothing)]
    assert [each.status_code for each in stored] == [201, 200]
    await api.delete(f"/v1/files/{stored[1].json()['id']}")


async def test_of_completions_at_once_comes_one_file(api: httpx.AsyncClient, store: httpx.AsyncClient) -> None:
    upload = await begin(api, part_size=PART)
    await send(store, upload, CONTENT)
    answers = await asyncio.gather(*(complete(api, upload) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert answers[0].json()["revision"] == 1
    await api.delete(f"/v1/files/{answers[0].json()['id']}")


@pytest.fixture
async def brief_stack(request: pytest.FixtureRequest) -> AsyncIterator[Stack]:
    async with open_stack(request) as stack:
        yield stack


@pytest.mark.parametrize("brief_stack", ["containers"], indirect=True)
async def test_abandoned_uploads_are_reaped(brief_stack: Stack, store: httpx.AsyncClient) -> None:
    async with serving({**brief_stack.environ, **HASTE}) as server, server.client() as api:
        whole, parts = await begin(api), await begin(api, part_size=PART)
        await send(store, whole, CONTENT)
        await send(store, parts, CONTENT, 1, 2)
        ended = await begin(api, part_size=PART)
        assert (await api.delete(f"{UPLOADS}/{ended['id']}")).status_code == 204
        await assert_clean(brief_stack)
        await let_a_day_pass(brief_stack)
        for upload in (whole, parts):
            answer = await until(api, f"{UPLOADS}/{upload['id']}", 410)
            assert answer.json()["code"] == "direct_upload_ended"
            assert (await complete(api, upload)).status_code == 410
        await assert_clean(brief_stack)
        for upload in (whole, parts, ended):
            await until(api, f"{UPLOADS}/{upload['id']}", 404, meanwhile=partial(let_a_day_pass, brief_stack))
        assert await brief_stack.blobs() == set()
        await assert_clean(brief_stack)


async def let_a_day_pass(stack: Stack) -> None:
    """Let the uploads be as old, and their blobs be due as soon, as if a day had passed."""
    connection = await asyncpg.connect(stack.database_url())
    try:
        async with connection.transaction():
            await connection.execute("UPDATE direct_uploads SET expires_at = expires_at - interval '1 day'")
            await connection.execute(
                "UPDATE blobs SET lease_until = lease_until - interval '1 day', due_at = due_at - interval '1 day'"
            )
    finally:
        await connection.close()


async def until(
    api: httpx.AsyncClient, path: str, status: int, *, meanwhile: Callable[[], Awaitable[None]] | None = None
) -> httpx.Response:
    """Ask until the answer has that status."""
    async with asyncio.timeout(REAPED_SECONDS):
        while True:
            answer = await api.get(path)
            if answer.status_code == status:
                return answer
            if meanwhile is not None:
                await meanwhile()
            await pause()


@pytest.mark.parametrize("own_stack", ["embedded"], indirect=True)
async def test_a_disk_has_no_direct_uploads(own_stack: Stack) -> None:
    async with serving(own_stack.environ) as server, server.client() as api:
        for answer in (
            await api.post(UPLOADS, json={"bucket": "default", "name": "a", "size": 1}),
            await api.get(UPLOADS),
        ):
            assert (answer.status_code, answer.json()["code"]) == (409, "direct_access_unsupported")
