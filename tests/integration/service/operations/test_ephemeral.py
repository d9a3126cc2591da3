"""`fileport serve --ephemeral`, whose data goes with the process."""

from pathlib import Path

import pytest

from tests.support.polling import pause
from tests.support.processes.server import Server, start

FILE = "/v1/buckets/default/files/a"


def left(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def postgres_in(directory: Path) -> Path:
    """Return the directory of the process that is the server's Postgres."""
    (pid_file,) = directory.glob("fileport-*/postgres/postmaster.pid")
    return Path("/proc", pid_file.read_text().split()[0])


def runs(process: Path) -> bool:
    """Tell whether a process in /proc runs, and has not ended with nobody there yet to be told."""
    try:
        state = (process / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def ephemeral(directory: Path) -> Server:
    """Return a server that makes its temporary files in `directory`."""
    server = await start({"TMPDIR": str(directory), "FILEPORT_DATA_DIR": str(directory / "unused")}, "--ephemeral")
    assert server.is_running, server.output
    return server


async def use(server: Server) -> None:
    async with server.client() as client:
        assert (await client.put(FILE, content=bytes(100_000))).status_code == 201
        assert (await client.get(FILE)).content == bytes(100_000)


async def test_nothing_is_left_of_it(short_dir: Path) -> None:
    server = await ephemeral(short_dir)
    await use(server)
    assert left(short_dir)
    assert await server.stop() == 0
    assert left(short_dir) == []


async def test_nothing_is_left_of_one_that_was_killed(short_dir: Path) -> None:
    server = await ephemeral(short_dir)
    await use(server)
    postgres = postgres_in(short_dir)
    await server.kill()
    while left(short_dir) or runs(postgres):
        await pause()


async def test_two_at_once_share_nothing(short_dir: Path) -> None:
    one, other = await ephemeral(short_dir), await ephemeral(short_dir)
    await use(one)
    async with other.client() as client:
        assert (await client.get(FILE)).status_code == 404
    for server in (one, other):
        assert await server.stop() == 0


@pytest.mark.parametrize(
    "settings", [{"FILEPORT_DATABASE_URL": "postgresql://127.0.0.1:1/fileport"}, {"FILEPORT_S3_BUCKET": "bucket"}]
)
async def test_data_that_would_be_kept_elsewhere_are_refused(settings: dict[str, str]) -> None:
    server = await start(settings, "--ephemeral")
    assert await server.ended() == 1
    assert "--ephemeral keeps all data itself" in server.output
