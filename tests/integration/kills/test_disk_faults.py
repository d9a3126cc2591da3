"""A disk that is full or loses writes, under a real server with the embedded Postgres."""

import asyncio
import shutil
from collections.abc import Iterator

import httpx
import pytest

from tests.harness.kills.accounts import observe, usage
from tests.harness.kills.aftermath import HASTE, REAPED_SECONDS
from tests.integration.kills.test_store_kills import payload
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving

SMALL = 200_000
# Two writes.
LARGE = 1_500_000

# The first upload comes well to its end, the second meets the fault.
FAULTS = [
    ("disk.write:before:2:ENOSPC", SMALL),
    ("disk.write:before:3:ENOSPC", LARGE),
    ("disk.sync:before:2:EIO", SMALL),
    ("disk.rename:before:2:EIO", SMALL),
    ("disk.sync_directory:before:2:EIO", LARGE),
]


@pytest.fixture(scope="module")
def stack() -> Iterator[EmbeddedStack]:
    """One data directory for all of them, since a Postgres takes longer to make than the rest together."""
    data_dir = make_short_dir()
    yield EmbeddedStack(data_dir)
    shutil.rmtree(data_dir)


@pytest.mark.parametrize(("failpoint", "size"), FAULTS)
async def test_a_disk_that_fails_once_fails_one_upload_which_leaves_nothing(
    stack: EmbeddedStack, failpoint: str, size: int
) -> None:
    bucket = failpoint.replace(":", "-").lower()
    stored = await stack.blobs()
    before, after = payload(SMALL), payload(SMALL)
    async with serving({**stack.environ, **HASTE}, failpoint=failpoint) as server, server.client() as client:
        await client.put(f"/v1/buckets/{bucket}", json={})
        assert (await put(client, bucket, "before", before)).status_code == 201
        assert_refused(await put(client, bucket, "failed", payload(size)))
        assert (await put(client, bucket, "after", after)).status_code == 201
        await until_stored(stack, server, len(stored) + 2)
        assert await observe(client, bucket) == {"before": before, "after": after}
        assert await usage(client, bucket) == (2, 2 * SMALL)


async def test_a_full_disk_serves_what_it_has_and_takes_more_once_there_is_room(stack: EmbeddedStack) -> None:
    stored = await stack.blobs()
    old, new = payload(SMALL), payload(SMALL)
    environ = {**stack.environ, **HASTE}
    async with serving(environ, failpoint="disk.write:before:2+:ENOSPC") as server, server.client() as client:
        assert (await put(client, "default", "kept", old)).status_code == 201
        for size in (SMALL, 2 * SMALL, 0):
            assert_refused(await put(client, "default", "kept", payload(size)))
        assert await observe(client, "default") == {"kept": old}
    async with serving(environ) as server, server.client() as client:
        assert await observe(client, "default") == {"kept": old}
        assert (await put(client, "default", "kept", new)).status_code == 200
        await until_stored(stack, server, len(stored) + 1)
        assert await observe(client, "default") == {"kept": new}
        assert await usage(client, "default") == (1, SMALL)


async def put(client: httpx.AsyncClient, bucket: str, name: str, content: bytes) -> httpx.Response:
    return await client.put(f"/v1/buckets/{bucket}/files/{name}", content=content)


def assert_refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "blob_store_unavailable"
    assert int(answer.headers["Retry-After"]) > 0


async def until_stored(stack: EmbeddedStack, server: Server, count: int) -> None:
    """Wait until the reaper has left as many blobs as there are files, temporary files included."""
    async with asyncio.timeout(REAPED_SECONDS):
        while True:
            logged = len(server.lines)
            if len(await stack.blobs()) <= count:
                break
            await server.line(lambda line: line["event"] == "reaped", after=logged)
    assert len(await stack.blobs()) == count
