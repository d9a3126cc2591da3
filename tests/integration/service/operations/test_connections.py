"""What settings make of connections: their idle time, refusals that pages can read, the addresses of clients."""

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving
from tests.support.raw_client import RawClient

ORIGIN = "https://app.example"


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Server]:
    """A server behind a proxy, for pages of two origins, that keeps idle connections a second."""
    data_dir = make_short_dir()
    settings = {
        "FILEPORT_KEEP_ALIVE": "1",
        "FILEPORT_ALLOWED_ORIGINS": f"{ORIGIN},https://other.example",
        "FILEPORT_TRUSTED_PROXIES": "127.0.0.1",
    }
    async with serving({**EmbeddedStack(data_dir).environ, **settings}) as server:
        yield server
    shutil.rmtree(data_dir)


async def test_an_idle_connection_ends_in_order(server: Server) -> None:
    async with await RawClient.connect(server.url) as unused, await RawClient.connect(server.url) as used:
        await used.say("GET /health/live")
        assert (await used.take_all()).startswith(b"HTTP/1.1 200")
        assert await unused.take_all() == b""


@pytest.mark.parametrize(
    ("line", "fault", "status"),
    [
        ("GET /v1/files", "No colon", b"400"),
        ("GET /v1/files", "\r\n".join(["A: b"] * 101), b"431"),
        (f"GET /v1/files?search={'a' * 100_000}", "A: b", b"414"),
        ("FOO /v1/files", "A: b", b"501"),
    ],
)
async def test_a_page_may_read_a_refusal_and_the_log_has_its_client(
    server: Server, line: str, fault: str, status: bytes
) -> None:
    logged = len(server.lines)
    async with await RawClient.connect(server.url) as client:
        await client.say(line, f"Origin: {ORIGIN}", "X-Forwarded-For: 203.0.113.7", "X-Request-Id: mine", fault)
        head, problem = await client.problem()
    assert head.startswith(b"http/1.1 " + status)
    assert b"\r\naccess-control-allow-origin: https://app.example\r\n" in head
    assert b"\r\nx-request-id: mine\r\n" in head
    refused = await server.line(lambda line: line["event"] == "connection refused", after=logged)
    assert (refused["request_id"], refused["reason"]) == ("mine", problem["detail"])
    assert refused["client"] == "203.0.113.7"


async def test_the_line_of_a_request_has_the_address_of_its_client(server: Server) -> None:
    logged = len(server.lines)
    async with server.client() as client:
        await client.get("/v1/files", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    line = await server.line(lambda line: line.get("path") == "/v1/files", after=logged)
    assert line["client"] == "203.0.113.7"
