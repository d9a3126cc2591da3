"""The memory of a worker under clients that send, hold or ignore as much as they can."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.clients import ROOT_KEY
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.polling import pause
from tests.support.processes.server import Server, serving
from tests.support.raw_client import RawClient

HOST = b"Host: x\r\n"
KEY = b"Authorization: Bearer " + ROOT_KEY.encode() + b"\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
DOWNLOAD = b"GET /v1/buckets/default/files/large HTTP/1.1\r\n" + HOST + KEY + b"\r\n"
HALF_HEAD = b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 399_000
HALF_BODY = (
    b"PUT /v1/buckets/default/files/a HTTP/1.1\r\n" + HOST + b"Content-Length: 4000000\r\n\r\n" + b"x" * 3_900_000
)
HALF_BATCH = (
    b"POST /v1/batch HTTP/1.1\r\n" + HOST + KEY + b"Content-Type: application/json\r\nContent-Length: 4000000\r\n\r\n"
) + b"[" * 3_900_000
MEBI = 2**20


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    data_dir = make_short_dir()
    async with serving(EmbeddedStack(data_dir).environ) as server, server.client() as client:
        assert (await client.put("/v1/buckets/default/files/large", content=bytes(16 * MEBI))).status_code == 201
        yield server


def memory(server: Server) -> int:
    """Return the bytes of the worker that are its own, in memory or swapped."""
    status = Path(f"/proc/{server.worker}/status").read_text().splitlines()
    sizes = dict(line.split(":\t", 1) for line in status if line.startswith(("RssAnon", "VmSwap")))
    return 1024 * sum(int(size.split()[0]) for size in sizes.values())


async def connect(server: Server) -> socket.socket:
    """Connect with a small buffer, so that responses that are not read wait at the server."""
    address = urlsplit(server.url)
    connection = socket.socket()
    connection.setblocking(False)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    await asyncio.get_running_loop().sock_connect(connection, (address.hostname, address.port))
    return connection


async def send_until_stuck(connection: socket.socket, data: bytes) -> None:
    """Send as much as the server takes, until it has taken nothing for two seconds, or has ended the connection."""
    view = memoryview(data)
    loop = asyncio.get_running_loop()
    while view:
        try:
            view = view[connection.send(view[: 2**16]) :]
        except BlockingIOError:
            is_writable = asyncio.Event()
            loop.add_writer(connection, is_writable.set)
            try:
                async with asyncio.timeout(2):
                    await is_writable.wait()
            except TimeoutError:
                return
            finally:
                loop.remove_writer(connection)
        except OSError:
            return


# Before there were limits, 100 pipelines added 3,088 MiB, 100 readers 78, 100 heads 38, 100 batches 456. Bodies and
# idle connections were no danger. All JSON bodies share 16 MiB, and each is copied once. A reader that takes nothing
# holds one chunk, 128 KiB: 100 add 26 MiB.
@pytest.mark.parametrize(
    ("data", "clients", "most"),
    [
        pytest.param(GET * 12_000, 100, 64, id="pipelines"),
        pytest.param(DOWNLOAD, 100, 40, id="readers that take nothing"),
        pytest.param(HALF_HEAD, 400, 64, id="half-sent heads"),
        pytest.param(HALF_BODY, 100, 64, id="half-sent bodies"),
        pytest.param(HALF_BATCH, 100, 128, id="half-sent JSON"),
        pytest.param(b"", 1000, 64, id="connections"),
    ],
)
async def test_clients_that_hold_what_they_can_take_little_memory(
    server: Server, data: bytes, clients: int, most: int
) -> None:
    before = memory(server)
    async with AsyncExitStack() as held:
        connections = [await connect(server) for _ in range(clients)]
        for connection in connections:
            held.callback(connection.close)
        await asyncio.gather(*(send_until_stuck(each, data) for each in connections))
        async with server.client() as client:
            assert (await client.get("/health/live")).status_code == 200
        assert memory(server) - before < most * MEBI


async def test_a_worker_rests_below_100_mebibytes_after_a_load(server: Server) -> None:
    content = bytes(4 * MEBI)
    async with server.client() as client:
        names = [f"/v1/buckets/default/files/{number}" for number in range(30)]
        for answer in await asyncio.gather(*(client.put(name, content=content) for name in names)):
            assert answer.status_code == 201
        for answer in await asyncio.gather(*(client.get(name) for name in names)):
            assert len(answer.content) == len(content)
    async with asyncio.timeout(60):
        while memory(server) >= 100 * MEBI:
            await pause()


async def test_a_batch_beyond_the_budget_is_503_and_the_next_is_served(server: Server) -> None:
    async with AsyncExitStack() as held:
        for _ in range(4):
            connection = await connect(server)
            held.callback(connection.close)
            await asyncio.get_running_loop().sock_sendall(connection, HALF_BATCH[:1000])
        async with await RawClient.connect(server.url) as refused:
            await refused.say("POST /v1/batch", "Content-Type: application/json", "Content-Length: 4000000")
            head, problem = await refused.problem()
        assert head.startswith(b"http/1.1 503")
        assert b"retry-after: 2" in head
        assert problem["code"] == "overloaded"
    async with server.client() as client:
        answer = await client.post("/v1/batch", json={"operations": []})
        assert answer.status_code != 503


async def test_clients_without_a_key_keep_nobody_out() -> None:
    data_dir = make_short_dir()
    environ = {**EmbeddedStack(data_dir).environ, "FILEPORT_MAX_CONNECTIONS": "20"}
    async with serving(environ) as server, AsyncExitStack() as held, server.client() as client:
        assert (await client.get("/v1/files")).status_code == 200
        for _ in range(100):
            connection = await connect(server)
            held.callback(connection.close)
            await send_until_stuck(connection, GET[:-2])
        async with server.client() as other:
            assert (await other.get("/v1/files")).status_code == 200
        assert (await client.get("/v1/files")).status_code == 200
        assert sum(line["event"] == "connection cut" for line in server.lines) > 50
