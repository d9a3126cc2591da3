"""Two workers: each gets its share of the connections, and finishes its requests when the server ends."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import pytest

from tests.support.processes.server import Server, start
from tests.support.raw_client import RawClient

FILES = "/v1/buckets/default/files"
BODY = b"half and half"


@asynccontextmanager
async def clients(server: Server, count: int) -> AsyncIterator[list[RawClient]]:
    """Open so many connections at once."""
    opened: list[RawClient] = []

    async def connect() -> None:
        opened.append(await stack.enter_async_context(await RawClient.connect(server.url)))

    async with AsyncExitStack() as stack:
        async with anyio.create_task_group() as tasks:
            for _ in range(count):
                tasks.start_soon(connect)
        yield opened


async def owners(server: Server, connections: list[RawClient]) -> Counter[int]:
    """Return how many of the connections each worker has, once each has had an answer."""
    for each in connections:
        await each.say("GET /health/live")
        assert (await each.take()).startswith(b"HTTP/1.1 200")
    inodes = _inodes(urlsplit(server.url).port or 0)
    found = {worker: _sockets(worker) for worker in server.workers}
    return Counter(worker for each in connections for worker, sockets in found.items() if inodes[each.port] in sockets)


@pytest.fixture
async def server(short_dir: Path) -> AsyncIterator[Server]:
    """Two workers, both of which accept connections."""
    server = await start({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_WORKERS": "2"})
    async with AsyncExitStack() as stack:
        seen: Counter[int] = Counter()
        while len(seen) < 2:
            seen += await owners(server, await stack.enter_async_context(clients(server, 2)))
    yield server
    await server.stop()


async def test_connections_that_are_opened_at_once_are_spread(server: Server) -> None:
    async with clients(server, 32) as connections:
        spread = await owners(server, connections)
    assert spread.keys() == set(server.workers)
    assert spread.total() == 32


async def test_requests_of_both_workers_are_finished_at_the_end(server: Server) -> None:
    async with clients(server, 8) as connections:
        assert len(await owners(server, connections)) == 2
        for number, each in enumerate(connections):
            await each.say(f"PUT {FILES}/{number}", f"Content-Length: {len(BODY)}", "Expect: 100-continue")
            assert await each.take() == b"HTTP/1.1 100 Continue\r\n\r\n"
        server.terminate()
        await server.draining()
        for each in connections:
            await each.send(BODY)
        for each in connections:
            assert (await each.take_all()).startswith(b"HTTP/1.1 201")
    assert await server.ended() == 0
    assert "Traceback" not in server.output


def _inodes(port: int) -> dict[int, str]:
    """Return the sockets that the server has, by the ports of their clients."""
    fields = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {_port(each[2]): f"socket:[{each[9]}]" for each in fields if _port(each[1]) == port}


def _port(address: str) -> int:
    return int(address.partition(":")[2], 16)


def _sockets(pid: int) -> set[str]:
    found: set[str] = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found.add(str(each.readlink()))
    return found
