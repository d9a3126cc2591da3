"""Clients that are slow, and too many of them, against a real server whose limits are small."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving
from tests.support.raw_client import RawClient

FILES = "/v1/buckets/default/files"
# Far more than the buffers on the way hold.
LARGE = 64 * 1024**2

# Each takes a slot for downloads.
DOWNLOADS = [f"{FILES}/large", "/v1/archive?bucket=default&prefix=large"]

Limited = tuple[Server, EmbeddedStack]


@pytest.fixture(scope="module")
async def limited() -> AsyncIterator[Limited]:
    """A server that waits three seconds for a client."""
    async with limited_by({"FILEPORT_BODY_IDLE_TIMEOUT": "3"}) as limited:
        yield limited


@pytest.fixture(scope="module")
async def crowded() -> AsyncIterator[Limited]:
    """A server with one slot for uploads and one for downloads, which waits for its clients as long as most do."""
    async with limited_by({"FILEPORT_MAX_UPLOADS": "1", "FILEPORT_MAX_DOWNLOADS": "1"}) as limited:
        yield limited


@asynccontextmanager
async def limited_by(limits: dict[str, str]) -> AsyncIterator[Limited]:
    """Run a server with these limits, which has a large file."""
    data_dir = make_short_dir()
    stack = EmbeddedStack(data_dir)
    async with serving({**stack.environ, **limits}) as server, server.client() as client:
        assert (await client.put(f"{FILES}/large", content=bytes(LARGE))).status_code == 201
        yield server, stack
    shutil.rmtree(data_dir)


@pytest.mark.parametrize(
    ("line", "headers", "begun"),
    [
        (f"PUT {FILES}/slow", ["Content-Length: 1000"], b"begun"),
        (f"PUT {FILES}/slow", ["Transfer-Encoding: chunked"], b"5\r\nbegun\r\n"),
        (
            "POST /v1/buckets/default/files",
            ["Content-Length: 1000", "Content-Type: multipart/form-data; boundary=x"],
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="slow"\r\n\r\nbegun',
        ),
        ("PUT /v1/buckets/slow", ["Content-Length: 1000", "Content-Type: application/json"], b"{"),
    ],
)
async def test_a_body_that_stops_coming_is_408_and_stores_nothing(
    limited: Limited, line: str, headers: list[str], begun: bytes
) -> None:
    server, stack = limited
    before = await stack.blobs()
    async with await RawClient.connect(server.url) as slow:
        await slow.say(line, *headers)
        await slow.send(begun)
        head, problem = await slow.problem()
    assert head.startswith(b"http/1.1 408")
    assert b"connection: close" in head
    assert problem["code"] == "request_timeout"
    assert await stack.blobs() == before
    async with server.client() as client:
        assert (await client.get(f"{FILES}/slow")).status_code == 404
        assert (await client.get("/v1/buckets/slow")).status_code == 404


@pytest.mark.parametrize(
    ("line", "headers", "status", "code"),
    [
        (f"PUT {FILES}/a", ["Authorization: Bearer wrong", "Content-Length: 10"], b"401", "unauthorized"),
        (f"PUT {FILES}/a", [f"Content-Length: {2**50}"], b"413", "file_too_large"),
        ("PUT /v1/buckets/tight/files/b", ["Content-Length: 10"], b"507", "quota_exceeded"),
        (f"PUT {FILES}/large", ["Content-Length: 10", "If-None-Match: *"], b"412", "precondition_failed"),
        (f"PUT {FILES}/a", [], b"411", "length_required"),
    ],
)
async def test_a_body_that_waits_to_be_asked_for_is_refused_unasked(
    limited: Limited, line: str, headers: list[str], status: bytes, code: str
) -> None:
    server, _ = limited
    async with server.client() as client:
        await client.put("/v1/buckets/tight", json={"quota_bytes": 10})
        await client.put("/v1/buckets/tight/files/a", content=b"x")
    async with await RawClient.connect(server.url) as waiting:
        await waiting.say(line, *headers, "Expect: 100-continue", "Connection: close")
        head, problem = await waiting.problem()
    assert head.startswith(b"http/1.1 " + status)
    assert problem["code"] == code


@pytest.mark.parametrize("path", DOWNLOADS)
async def test_a_stalled_download_is_cut_off_and_gives_its_slot_back(limited: Limited, path: str) -> None:
    server, _ = limited
    logged = len(server.lines)
    async with await RawClient.connect(server.url) as slow, server.client() as client:
        await slow.say(f"GET {path}")
        await server.line(lambda line: line["event"] == "connection cut", after=logged)
        # Lines of the requests before may come as late as this.
        line = await server.line(lambda line: line.get("whole") is False, after=logged)
        assert (line["method"], line["path"], line["status"]) == ("GET", path.partition("?")[0], 200)
        # The connection is gone, whether the client takes what was sent or not: a short body, and no clean end.
        assert len(await slow.take_all()) < LARGE
        assert (await client.get(f"{FILES}/large")).content == bytes(LARGE)
    assert "Traceback" not in server.output


async def test_an_upload_beyond_capacity_is_503_unread_and_the_next_is_served(crowded: Limited) -> None:
    server, stack = crowded
    before = await stack.blobs()
    async with await RawClient.connect(server.url) as first, server.client() as client:
        await first.say(f"PUT {FILES}/first", "Transfer-Encoding: chunked", "Expect: 100-continue", "Connection: close")
        assert (await first.take()).startswith(b"HTTP/1.1 100")
        await first.send(b"1\r\nx\r\n")
        async with await RawClient.connect(server.url) as second:
            await second.say(f"PUT {FILES}/second", "Content-Length: 1000000", "Connection: close")
            head, problem = await second.problem()
            # Requests that need no slot are served meanwhile.
            assert (await client.get("/health/ready")).status_code == 200
            assert (await client.get("/v1/files")).status_code == 200
            metrics = (await client.get("/metrics")).text
        await first.send(b"0\r\n\r\n")
        assert head.startswith(b"http/1.1 503")
        assert b"retry-after: 2" in head
        assert problem["code"] == "overloaded"
        assert 'fileport_transfers{kind="uploads"} 1.0' in metrics
        assert 'fileport_shed_requests_total{kind="uploads"} 1.0' in metrics
        assert (await first.take_all()).startswith(b"HTTP/1.1 201")
        assert (await client.put(f"{FILES}/second", content=b"x")).status_code == 201
    assert len(await stack.blobs() - before) == 2


@pytest.mark.parametrize("path", DOWNLOADS)
async def test_a_download_beyond_capacity_is_503_and_the_next_is_served(crowded: Limited, path: str) -> None:
    server, _ = crowded

    async with await RawClient.connect(server.url) as first, server.client() as client:
        await first.say(f"GET {path}")
        assert (await first.take()).startswith(b"HTTP/1.1 200")
        answer = await client.get(path)
        assert answer.status_code == 503, server.output
        assert answer.json()["code"] == "overloaded"
        assert answer.headers["retry-after"] == "2"
    async with server.client() as client:
        assert (await client.get(f"{FILES}/large")).content == bytes(LARGE)
