"""uvicorn as its documentation installs it (uvloop, httptools), for the sides that it serves."""

from bench.clients.connection import HOST
from bench.processes import python_program


def uvicorn(app: str, port: int) -> list[str]:
    return python_program(
        "-m", "uvicorn", app, "--host", HOST, "--port", str(port), "--loop", "uvloop", "--http", "httptools",
        "--workers", "1", "--no-access-log", "--log-level", "warning",
    )  # fmt: skip
