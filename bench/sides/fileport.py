"""Fileport itself: `fileport serve` as a user starts it, with its default log, which has a line a request."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.machine import find_cores
from bench.processes import Program, environment, free_port, python_program
from bench.sides.side import KEY, Api, Side

SECRET = "a-service-secret-that-only-this-bench-knows"
READY = "/health/ready"
API = Api(
    nothing="/health/live",
    upload="/v1/buckets/default/files/{name}",
    metadata="/v1/files/{id}",
    content="/v1/files/{id}/content",
    named="/v1/buckets/default/files/{name}",
    page="/v1/files?limit=50",
)
LOG = "default: level info, a line a request"


def command(*words: str) -> list[str]:
    """The installed command of the interpreter that runs this."""
    return python_program(str(Path(python_program()[0]).with_name("fileport")), *words)


def settings(data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of a server on `data_dir`, with `more` settings: `BLOB_STORE="s3"`."""
    return environment(
        FILEPORT_DATA_DIR=str(data_dir),
        FILEPORT_ROOT_KEY=KEY,
        FILEPORT_SERVICE_SECRET=SECRET,
        **{f"FILEPORT_{name}": value for name, value in more.items()},
    )


def start(
    name: str, data_dir: Path, chosen: Mapping[str, str] | None = None, cores: Sequence[int] | None = None
) -> Side:
    """Start a server, and return once it answers. Raises `StartError`."""
    data_dir.mkdir(exist_ok=True)
    data_dir.chmod(0o755)
    port = free_port()
    environ = settings(data_dir, PORT=str(port), **(chosen or {}))
    program = Program(command("serve"), environ, data_dir / "server.log", cores or find_cores().all)
    side = Side(name, program, port, API)
    program.wait_for(port, READY, {})
    return side


def compile_all(data_dir: Path) -> None:
    """Compile a server's imports, so that no start is measured that compiles."""
    subprocess.run(command("--help"), env=settings(data_dir), stdout=subprocess.DEVNULL, check=True)
    subprocess.run(python_program("-c", "import service.app"), env=settings(data_dir), check=True)
