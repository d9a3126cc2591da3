"""Processes of a server that die alone are replaced, while it goes on: a worker, the embedded Postgres."""

import os
import re
import signal
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

import anyio
import httpx
import pytest

from tests.support.processes.server import Line, Server, serving

FILES = "/v1/buckets/default/files"
# Beyond what a row keeps, so that some have their bytes in the blob store.
SIZES = (10, 200_000)


class Load:
    """Clients that store files one after another, and know which were acknowledged."""

    def __init__(self, server: Server) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self._server = server
        self._stored = anyio.Event()
        self._is_over = False

    async def during(self, act: Callable[[], Awaitable[None]]) -> None:
        """Store until `act` has ended and some more have been acknowledged after it."""
        async with anyio.create_task_group() as tasks:
            for number in range(4):
                tasks.start_soon(self._store, number)
            await self._more()
            await act()
            await self._more()
            self._is_over = True

    async def check(self, client: httpx.AsyncClient) -> None:
        """Read back all that was acknowledged."""
        for name, content in self.acknowledged.items():
            assert (await client.get(f"{FILES}/{name}")).content == content

    async def _more(self) -> None:
        seen = len(self.acknowledged)
        while len(self.acknowledged) < seen + 20:
            self._stored = anyio.Event()
            await self._stored.wait()

    async def _store(self, number: int) -> None:
        async with self._server.client() as client:
            turns = count()
            while not self._is_over:
                turn = next(turns)
                name = f"{number}/{turn}"
                content = name.encode().ljust(SIZES[turn % 2], b".")
                try:
                    answer = await client.put(f"{FILES}/{name}", content=content)
                except httpx.TransportError:
                    continue
                assert answer.status_code in {201, 503}, answer.text
                if answer.is_success:
                    self.acknowledged[name] = content
                    self._stored.set()


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_worker_that_is_killed_is_replaced_and_nothing_acknowledged_is_lost(
    short_dir: Path, workers: int
) -> None:
    async with serving({"FILEPORT_DATA_DIR": str(short_dir), "FILEPORT_WORKERS": str(workers)}) as server:
        load = Load(server)
        dying = server.workers[0]

        async def kill() -> None:
            os.kill(dying, signal.SIGKILL)
            await server.line(_is("worker started again"))

        await load.during(kill)
        assert len(server.workers) == workers
        assert dying not in server.workers
        ended = await server.line(_is("worker ended"))
        assert (ended["worker"], ended["status"]) == (dying, -signal.SIGKILL)
        async with server.client() as client:
            await load.check(client)
            assert await _figure(client, "fileport_worker_restarts_total") == 1
            assert await _figure(client, "fileport_transfers", kind="uploads") == 0
        assert await server.stop() == 0


async def test_a_postgres_that_is_killed_is_started_again_and_nothing_acknowledged_is_lost(short_dir: Path) -> None:
    async with serving({"FILEPORT_DATA_DIR": str(short_dir)}) as server:
        load = Load(server)
        dying = _postmaster(short_dir)

        async def kill() -> None:
            os.kill(dying, signal.SIGKILL)
            await server.line(_is("the embedded Postgres runs again"))

        await load.during(kill)
        assert _postmaster(short_dir) != dying
        ended = await server.line(_is("the embedded Postgres ended"))
        assert str(short_dir / "postgres" / "log") in ended["logs"]
        async with server.client() as client:
            await load.check(client)
            assert await _figure(client, "fileport_postgres_restarts_total") >= 1
            assert await _figure(client, "fileport_worker_restarts_total") == 0
            assert (await client.get("/health/ready")).status_code == 200
        assert await server.stop() == 0
    assert not (short_dir / "postgres" / "postmaster.pid").exists()


async def test_a_server_stops_in_order_while_its_postgres_is_down(short_dir: Path) -> None:
    async with serving({"FILEPORT_DATA_DIR": str(short_dir)}) as server:
        os.kill(_postmaster(short_dir), signal.SIGKILL)
        await server.line(_is("the embedded Postgres ended"))
        assert await server.stop() == 0
    # What was left is found, and works.
    async with serving({"FILEPORT_DATA_DIR": str(short_dir)}) as server, server.client() as client:
        assert (await client.put(f"{FILES}/a", content=b"x")).status_code == 201


def _is(event: str) -> Callable[[Line], bool]:
    return lambda line: line["event"] == event


def _postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


async def _figure(client: httpx.AsyncClient, name: str, **labels: str) -> float:
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items())
    sample = re.escape(f"{name}{{{pairs}}}" if labels else name)
    (value,) = re.findall(rf"^{sample} (\S+)$", (await client.get("/metrics")).text, re.MULTILINE)
    return float(value)
