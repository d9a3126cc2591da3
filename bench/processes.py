"""Programs that a run starts and stops."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.clients.connection import HOST, Connection, request
from bench.machine import on_cores

_START_SECONDS = 60
_STOP_SECONDS = 40
_POLL_SECONDS = 0.002


class StartError(Exception):
    """A program did not start, or did not do what it was started for."""


class Program:
    """A program that runs until `stop`, with its output in `log`."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], log: Path, cores: Sequence[int]) -> None:
        self._name = " ".join(command)
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [*on_cores(cores), *command], env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_for(self, port: int, path: str, headers: Mapping[str, str]) -> None:
        """Return once the program answers on `port`. Raises `StartError`."""
        if not asyncio.run(self._answers(port, path, headers)):
            state = "runs" if self._process.poll() is None else f"ended with {self._process.returncode}"
            self.stop()
            raise StartError(f"{self._name} {state}, and does not answer:\n{self._log.read_text()[-2000:]}")

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    async def _answers(self, port: int, path: str, headers: Mapping[str, str]) -> bool:
        until = time.monotonic() + _START_SECONDS
        while self._process.poll() is None and time.monotonic() < until:
            try:
                connection = await Connection.open(port)
                if path:
                    await connection.ask(request("GET", path, **headers))
            except OSError:
                await asyncio.sleep(_POLL_SECONDS)
                continue
            await connection.close()
            return True
        return False


def run(command: Sequence[str], environ: Mapping[str, str], cores: Sequence[int]) -> str:
    """Run a program to its end, and return what it printed. Raises `StartError`."""
    ran = subprocess.run([*on_cores(cores), *command], env=environ, capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise StartError(f"{' '.join(command)} failed:\n{ran.stderr[-2000:]}")
    return ran.stdout


def environment(**more: str) -> dict[str, str]:
    """Return this process's environment without what would change a side, and with `more`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FILEPORT_", "PYTHON"))}
    # An odd variable of this machine must not turn a side's S3 away from its endpoint.
    aws = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_DEFAULT_REGION": "us-east-1"}
    return inherited | aws | {"PYTHONPATH": str(Path(__file__).parents[1])} | more


def python_program(*words: str) -> list[str]:
    return [sys.executable, *words]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
