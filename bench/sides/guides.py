"""The guides' stack on uvicorn, without a log of requests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.processes import Program, environment, free_port
from bench.sides.side import KEY, Api, Side
from bench.sides.uvicorn import uvicorn

API = Api(
    nothing="/health",
    upload="/files/{name}",
    metadata="/files/{id}",
    content="/files/{id}/content",
    named="/content/{name}",
    page="/files?limit=50",
)
LOG = "level warning, no line a request"


def start(name: str, directory: Path, database_url: str, store: Mapping[str, str], cores: Sequence[int]) -> Side:
    """`store` may have the bucket and the endpoint that bytes go to; else they go to `directory`."""
    directory.mkdir(exist_ok=True)
    port = free_port()
    environ = environment(
        GUIDES_DATABASE_URL=database_url.replace("postgresql:", "postgresql+asyncpg:", 1),
        GUIDES_KEY=KEY,
        GUIDES_DIRECTORY=str(directory / "files"),
        **store,
    )
    program = Program(uvicorn("bench.guides.main:app", port), environ, directory / "server.log", cores)
    program.wait_for(port, API.nothing, {})
    return Side(name, program, port, API)
