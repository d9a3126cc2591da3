"""A `fileport serve` that is killed and started again, at one address."""

import asyncio
import os
import random
import signal
import socket
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from tests.harness.soak.violation import ViolationError
from tests.support.processes.server import ENDED_SECONDS, FILEPORT, server_environ

# Longer than a start takes on a busy machine, recovery after a kill included.
_START_SECONDS = 120
_POLL_SECONDS = 0.02
# Below the ports of outgoing connections: one of those could take a replica's port while it is down.
_PORTS = range(20_000, 30_000)
_KEPT_LOGS = 20
_RESTARTED = b'"worker started again"'


class Replica:
    """One server process after another, at one address. The last few logs are kept in files.

    `generation` counts the starts of servers, and of workers whose predecessor was killed.
    """

    def __init__(self, number: int, environ: Mapping[str, str], logs: Path) -> None:
        self.number = number
        self.generation = 0
        self._launches = 0
        self._is_postgres_killed = False
        self.up = asyncio.Event()
        self._port = _free_port()
        self._environ = {**environ, "FILEPORT_PORT": str(self._port)}
        self._logs = logs
        self._process: Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def is_up(self) -> bool:
        return self.up.is_set()

    async def launch(self) -> None:
        """Start a server without waiting until it answers."""
        self.generation += 1
        self._launches += 1
        self._is_postgres_killed = False
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(FILEPORT, "serve"),
                env=server_environ(self._environ),
                stdout=DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    async def start(self) -> None:
        """Start a server, and wait until it answers."""
        await self.launch()
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient(base_url=self.url) as client:
            # Its log first: an answer may come from a server that should be dead and still has the port.
            while b"Fileport serves" not in self._log.read_bytes() or not await _answers(client):
                if self._running.returncode is not None or time.monotonic() > deadline:
                    raise ViolationError(f"The server does not start:\n{self._log.read_text()[-4000:]}")
                await asyncio.sleep(_POLL_SECONDS)
        self.up.set()

    async def kill(self) -> None:
        """End the server, if one was started, with SIGKILL. Raises `ViolationError` if it had logged an error."""
        await self.discard()
        if self._process is not None:
            self._check_log()

    async def discard(self) -> None:
        """End the server, if one was started, with SIGKILL, whatever its log says."""
        self.up.clear()
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._running.kill()
        await self._wait()

    async def kill_worker(self) -> bool:
        """End the worker with SIGKILL. Return whether the server starts another, as it does a few times in a row."""
        self.up.clear()
        self.generation += 1
        restarts = self._log.read_bytes().count(_RESTARTED)
        for pid in _workers(self._running.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient(base_url=self.url) as client:
            while self._log.read_bytes().count(_RESTARTED) == restarts or not await _answers(client):
                if time.monotonic() > deadline:
                    raise ViolationError(f"The worker is not started again:\n{self._log.read_text()[-4000:]}")
                if self._running.returncode is not None:
                    await self.ended()
                    return False
                await asyncio.sleep(_POLL_SECONDS)
        self.up.set()
        return True

    def expect_end_of_postgres(self) -> None:
        """Take the line that the server logs about it as a matter of course."""
        self._is_postgres_killed = True

    async def ready(self) -> None:
        """Wait until the server, which goes on, reaches its stores again."""
        deadline = time.monotonic() + _START_SECONDS
        async with httpx.AsyncClient(base_url=self.url) as client:
            while not await _answers(client, "/health/ready"):
                if self._running.returncode is not None or time.monotonic() > deadline:
                    raise ViolationError(f"The server does not recover:\n{self._log.read_text()[-4000:]}")
                await asyncio.sleep(_POLL_SECONDS)

    async def stop(self) -> None:
        """End the server with SIGTERM. Raises `ViolationError` unless its exit status is 0."""
        self.up.clear()
        with suppress(ProcessLookupError):
            self._running.terminate()
        status = await self.ended()
        if status != 0:
            raise ViolationError(f"The server ended with {status} on SIGTERM:\n{self._log.read_text()[-4000:]}")

    async def ended(self) -> int:
        """Wait for the end, check the log, and return the exit status."""
        status = await self._wait()
        self._check_log()
        return status

    async def _wait(self) -> int:
        try:
            async with asyncio.timeout(ENDED_SECONDS):
                return await self._running.wait()
        except TimeoutError:
            self._running.kill()
            raise ViolationError(f"The server does not end:\n{self._log.read_text()[-4000:]}") from None

    @property
    def _running(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def _log(self) -> Path:
        return self._logs / f"replica-{self.number}-{self._launches:05}.log"

    def _check_log(self) -> None:
        for raw in self._log.read_bytes().splitlines():
            with suppress(msgspec.DecodeError, msgspec.ValidationError):
                line = msgspec.json.decode(raw, type=dict[str, object])
                if line.get("level") in {"error", "critical"} and not self._is_expected(line):
                    raise ViolationError(f"The server logged an error, in {self._log}: {raw.decode()[:4000]}")
        (self._logs / f"replica-{self.number}-{self._launches - _KEPT_LOGS:05}.log").unlink(missing_ok=True)

    def _is_expected(self, line: dict[str, object]) -> bool:
        """Return whether the line is about the end of a process that the soak has killed."""
        match line.get("event"):
            case "worker ended":
                return line.get("status") == -signal.SIGKILL
            case "a worker ended too often, so the server ends":
                return True
            case "the embedded Postgres ended":
                return self._is_postgres_killed
        return False


class Fleet:
    """The replicas, of which some may be down."""

    def __init__(self, replicas: list[Replica]) -> None:
        self.replicas = replicas

    async def discard(self) -> None:
        """End all of them with SIGKILL, whatever their logs say."""
        await asyncio.gather(*(replica.discard() for replica in self.replicas))

    async def pick(self, rng: random.Random) -> Replica:
        """Return a replica that is up, as soon as there is one."""
        # Only the first is ever killed.
        while not (up := [each for each in self.replicas if each.is_up]):
            await self.replicas[0].up.wait()
        return rng.choice(up)


async def _answers(client: httpx.AsyncClient, path: str = "/health/live") -> bool:
    try:
        return (await client.get(path)).is_success
    except httpx.TransportError:
        return False


def _workers(pid: int) -> list[int]:
    """Return the workers that the server has forked; its other children run other programs."""
    command = _command(pid)
    children = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(each) for some in children for each in some if command and _command(int(each)) == command]


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _free_port() -> int:
    for port in random.sample(_PORTS, 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("There is no free port.")
