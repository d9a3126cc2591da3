"""A real `fileport serve`, in a process of its own."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.connection import HOST, Connection, request
from bench.memory import Memory

KEY = "a-key-that-only-this-bench-knows"
SECRET = "a-service-secret-that-only-this-bench-knows"
_START_SECONDS = 60
_STOP_SECONDS = 40


class Server:
    """A server that answers, in this environment. `started_in`: seconds from its command to its first answer."""

    def __init__(
        self, process: "subprocess.Popen[bytes]", environ: Mapping[str, str], port: int, started_in: float
    ) -> None:
        self.environ = environ
        self.port = port
        self.key = KEY
        self.started_in = started_in
        self.memory = Memory(process.pid)


def compile_all(data_dir: Path) -> None:
    """Compile a server's imports, so that no start is measured that compiles."""
    subprocess.run([sys.executable, "-c", "import service.cli, service.http.app"], env=_environ(data_dir), check=True)


@contextmanager
def serving(data_dir: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """Start a server on `data_dir`, and stop it at the end."""
    port = _free_port()
    environ = _environ(data_dir) | {
        "FILEPORT_HOST": HOST,
        "FILEPORT_PORT": str(port),
        "FILEPORT_ROOT_KEY": KEY,
        "FILEPORT_SERVICE_SECRET": SECRET,
        "FILEPORT_LOG_FORMAT": "json",
        **settings,
    }
    log = data_dir / "bench.log"
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "fileport"), "serve"], env=environ, stdout=output, stderr=output
        )
    try:
        if not asyncio.run(_answers(process, port, until=begun + _START_SECONDS)):
            raise RuntimeError("The server does not serve.")
        yield Server(process, environ, port, started_in=time.monotonic() - begun)
    except BaseException:
        state = "runs" if process.poll() is None else f"ended with {process.returncode}"
        print(f"The server {state}. Its last words:\n{log.read_text()[-2000:]}", file=sys.stderr)
        raise
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _answers(process: "subprocess.Popen[bytes]", port: int, until: float) -> bool:
    while process.poll() is None and time.monotonic() < until:
        try:
            connection = await Connection.open(port)
        except OSError:
            await asyncio.sleep(0.005)
            continue
        await connection.ask(request("GET", "/health/ready", KEY))
        await connection.close()
        return True
    return False


def _environ(data_dir: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FILEPORT_", "PYTHON"))}
    return inherited | {"FILEPORT_DATA_DIR": str(data_dir), "PYTHONPYCACHEPREFIX": str(data_dir / "bytecode")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
