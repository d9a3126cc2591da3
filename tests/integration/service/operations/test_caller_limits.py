"""A caller's transfers at once, against a real server: what breaks off makes room at once."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.identity_provider import AUDIENCE, ISSUER, pem, private_key, token
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving
from tests.support.raw_client import RawClient

FILES = "/v1/buckets/default/files"
# Far more than the buffers on the way hold.
LARGE = 64 * 1024**2
TRANSFERS = 100
EVERYTHING = [{"actions": ["admin"], "bucket": "*"}]

Line = dict[str, object]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    """A server with a large file, whose callers may move a hundred bodies at once."""
    data_dir = make_short_dir()
    environ = {
        **EmbeddedStack(data_dir).environ,
        "FILEPORT_JWT_ISSUER": ISSUER,
        "FILEPORT_JWT_AUDIENCE": AUDIENCE,
        "FILEPORT_JWT_PUBLIC_KEY": pem(private_key()).replace("\n", "\\n"),
        "FILEPORT_KEY_TRANSFERS": str(TRANSFERS),
        "FILEPORT_MAX_DOWNLOADS": str(2 * TRANSFERS),
        "FILEPORT_MAX_UPLOADS": str(2 * TRANSFERS),
    }
    async with serving(environ) as server, server.client() as client:
        assert (await client.put(f"{FILES}/large", content=bytes(LARGE))).status_code == 201
        yield server
    shutil.rmtree(data_dir)


def bearer(sub: str) -> str:
    return f"Authorization: Bearer {token(sub=sub, fileport_scopes=EVERYTHING)}"


def is_cut(line: Line) -> bool:
    return line["event"] == "request" and line["whole"] is False


async def test_a_hundred_downloads_that_are_cut_make_room_for_a_hundred_more(server: Server) -> None:
    downloads = bearer("downloads")
    for _ in range(2):
        logged = len(server.lines)
        async with AsyncExitStack() as running:
            for _ in range(TRANSFERS):
                client = await running.enter_async_context(await RawClient.connect(server.url))
                await client.say(f"GET {FILES}/large", downloads)
                assert (await client.take()).startswith(b"HTTP/1.1 200")
            for line in (f"GET {FILES}/large", "GET /v1/archive?bucket=default&prefix=large", f"PUT {FILES}/a"):
                beyond = await running.enter_async_context(await RawClient.connect(server.url))
                await beyond.say(line, downloads, *(["Content-Length: 1"] if line.startswith("PUT") else []))
                head, problem = await beyond.problem()
                assert head.startswith(b"http/1.1 429")
                assert problem["code"] == "too_many_transfers"
                assert b"retry-after: 1\r\n" in head
                assert b'ratelimit: "transfers";r=0;t=1\r\n' in head
                assert b'ratelimit-policy: "transfers";q=100;qu="concurrent-requests"' in head
            other = await running.enter_async_context(await RawClient.connect(server.url))
            await other.say(f"GET {FILES}/large", bearer("another caller"))
            assert (await other.take()).startswith(b"HTTP/1.1 200")
        await _cut(server, TRANSFERS + 1, after=logged)
    assert "Traceback" not in server.output


async def test_a_hundred_uploads_that_are_cut_make_room_for_another(server: Server) -> None:
    uploads = bearer("uploads")
    logged = len(server.lines)
    async with AsyncExitStack() as running:
        for number in range(TRANSFERS):
            client = await running.enter_async_context(await RawClient.connect(server.url))
            await client.say(f"PUT {FILES}/cut-{number}", uploads, "Content-Length: 1000", "Expect: 100-continue")
            assert (await client.take()).startswith(b"HTTP/1.1 100")
            await client.send(b"begun")
        async with await RawClient.connect(server.url) as beyond:
            await beyond.say(f"GET {FILES}/large", uploads)
            head, problem = await beyond.problem()
        assert head.startswith(b"http/1.1 429")
        assert problem["code"] == "too_many_transfers"
    ended = logged
    for _ in range(TRANSFERS):
        line = await server.line(lambda each: each.get("method") == "PUT", after=ended)
        ended = server.lines.index(line, ended) + 1
    async with await RawClient.connect(server.url) as next_one:
        await next_one.say(f"GET {FILES}/large", uploads)
        assert (await next_one.take()).startswith(b"HTTP/1.1 200")


async def _cut(server: Server, count: int, *, after: int) -> None:
    """Wait until so many responses have ended before they were whole."""
    for _ in range(count):
        line = await server.line(is_cut, after=after)
        after = server.lines.index(line, after) + 1
