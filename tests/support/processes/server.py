"""A real `fileport serve` in a process of its own, and its log."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import msgspec

from tests.support.clients import ROOT_KEY, SERVICE_SECRET, until_refused
from tests.support.processes.failpoints import read_failpoint
from tests.support.processes.forks import Fork, fork

Line = dict[str, Any]
T = TypeVar("T")

# Longer than any server here takes, drained uploads and a stopped Postgres included.
ENDED_SECONDS = 90
# Longer than any line here takes, a begin on a busy machine included.
LOGGED_SECONDS = 120

FILEPORT = str(Path(sys.executable).parent / "fileport")


class Server:
    """A running server. Its log is read continuously, so that tests wait for events instead of for time."""

    def __init__(self, process: Fork, url: str) -> None:
        self.url = url
        self.lines: list[Line] = []
        self.output = ""
        self._process = process
        self._ended = False
        self._grown = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @property
    def is_running(self) -> bool:
        return not self._ended

    @property
    def worker(self) -> int:
        """The process id of the only worker."""
        (worker,) = self.workers
        return worker

    @property
    def workers(self) -> list[int]:
        """The process ids of all workers."""
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def client(self, **options: Any) -> httpx.AsyncClient:
        """Return a client that bears the root key."""
        headers = {"Authorization": f"Bearer {ROOT_KEY}"}
        return httpx.AsyncClient(**{"base_url": self.url, "headers": headers, "timeout": 60, **options})

    async def line(self, is_wanted: Callable[[Line], bool], *, after: int = 0) -> Line:
        """Return the first log line, from the `after`th on, that meets the condition, as soon as it is logged."""
        found = await self._until(lambda: next((line for line in self.lines[after:] if is_wanted(line)), None))
        if found is None:
            raise AssertionError(f"The server ended without the expected line:\n{self.output}")
        return found

    async def listening(self) -> None:
        """Wait until the server listens, or has ended."""
        await self._until(lambda: "Fileport serves" in self.output or None)

    async def stop(self) -> int:
        """End the server with SIGTERM and return its exit status."""
        self.terminate()
        return await self.ended()

    def terminate(self) -> None:
        """Send SIGTERM without waiting for the end."""
        with suppress(ProcessLookupError):
            self._process.terminate()

    async def draining(self) -> None:
        """Wait until new connections are refused."""
        async with asyncio.timeout(ENDED_SECONDS):
            await until_refused(self.client)

    async def kill(self) -> None:
        """End the server and its workers with SIGKILL; a Postgres that it started goes on."""
        self._process.kill()
        await self.ended()

    async def ended(self) -> int:
        """Wait for the end and return the exit status. A server that does not end is killed, and the test fails."""
        try:
            async with asyncio.timeout(ENDED_SECONDS):
                status = await self._process.wait()
                await self._reading
                return status
        except TimeoutError:
            self._process.kill()
            raise AssertionError(f"The server does not end:\n{self.output}") from None

    async def _until(self, look: Callable[[], T | None]) -> T | None:
        """Look whenever the log grows until there is something, and return it; None where the server ends before."""
        try:
            async with asyncio.timeout(LOGGED_SECONDS), self._grown:
                while (found := look()) is None and not self._ended:
                    await self._grown.wait()
                return found
        except TimeoutError:
            raise AssertionError(f"The server logs nothing that is waited for:\n{self.output}") from None

    async def _read(self) -> None:
        try:
            async for raw in self._process.stderr:
                self.output += raw.decode(errors="backslashreplace")
                with suppress(msgspec.DecodeError):
                    self.lines.append(msgspec.json.decode(raw, type=Line))
                async with self._grown:
                    self._grown.notify_all()
        finally:
            async with self._grown:
                self._ended = True
                self._grown.notify_all()


@asynccontextmanager
async def serving(environ: Mapping[str, str], *, failpoint: str | None = None) -> AsyncIterator[Server]:
    """Run a server with these settings until the context ends, and yield it once it answers."""
    server = await start(environ, failpoint=failpoint)
    try:
        assert server.is_running, server.output
        async with server.client() as client:
            await client.get("/health/live")
        yield server
    finally:
        await server.stop()


async def start(environ: Mapping[str, str], *arguments: str, failpoint: str | None = None) -> Server:
    """Start a server with these settings and this failpoint, and return it as soon as it listens or has ended."""
    port = free_port()
    armed = None if failpoint is None else read_failpoint(failpoint)
    process = await fork(
        "serve", *arguments, environ=server_environ({"FILEPORT_PORT": str(port), **environ}), failpoint=armed
    )
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        await server.listening()
    except BaseException:
        process.kill()
        raise
    return server


def server_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return a server's whole environment: this process's, but for settings, which come from `environ` alone."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FILEPORT_")},
        "FILEPORT_ROOT_KEY": ROOT_KEY,
        "FILEPORT_SERVICE_SECRET": SERVICE_SECRET,
        "FILEPORT_LOG_FORMAT": "json",
        "FILEPORT_AUTH_FAILURES": "1000000",  # all tests share an address
        "FILEPORT_INLINE_BYTES": "0",  # most tests are about the blob store, and their bodies are small
        **environ,
    }


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
