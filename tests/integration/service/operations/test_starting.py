"""A start that cannot succeed ends at once, with one line that names the setting."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes.server import start

NOWHERE = "postgresql://fileport:hunter2hunter2@127.0.0.1:1/fileport"
AWS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_DEFAULT_REGION": "us-east-1"}


async def refusal(environ: dict[str, str]) -> str:
    """Return the only line of a server that does not start."""
    server = await start(environ)
    assert await server.ended() == 1
    [line] = server.output.splitlines()
    assert "hunter2" not in line
    return line


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port on which nothing listens and nothing else will."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.mark.parametrize(
    ("url", "at", "cause"),
    [
        (NOWHERE, "127.0.0.1:1", "ECONNREFUSED"),
        ("postgresql://nowhere.invalid/fileport", "nowhere.invalid", "gaierror"),
        (f"{NOWHERE}?sslmode=perhaps", "127.0.0.1:1", "sslmode"),
    ],
)
async def test_a_database_that_cannot_be_reached(url: str, at: str, cause: str, short_dir: Path) -> None:
    line = await refusal({"FILEPORT_DATABASE_URL": url, "FILEPORT_DATA_DIR": str(short_dir)})
    assert f"FILEPORT_DATABASE_URL, which leads to {at}." in line
    assert cause in line


async def test_wrong_credentials_of_the_database(database: str, short_dir: Path) -> None:
    # The embedded Postgres trusts its socket, so the name is wrong here, not the password.
    line = await refusal(
        {
            "FILEPORT_DATABASE_URL": database.replace("postgres@", "nobody@").replace("test:test@", "nobody:hunter2@"),
            "FILEPORT_DATA_DIR": str(short_dir),
        }
    )
    assert "FILEPORT_DATABASE_URL" in line
    assert "nobody" in line


@pytest.mark.parametrize("below", ["", "data"])
async def test_a_data_directory_that_is_a_file(below: str, short_dir: Path) -> None:
    (short_dir / "file").touch()
    line = await refusal({"FILEPORT_DATA_DIR": str(short_dir / "file" / below)})
    assert "cannot be made or written: set another FILEPORT_DATA_DIR" in line


async def test_a_data_directory_that_is_a_file_beside_another_database(database: str, short_dir: Path) -> None:
    (short_dir / "file").touch()
    line = await refusal({"FILEPORT_DATABASE_URL": database, "FILEPORT_DATA_DIR": str(short_dir / "file")})
    assert "FILEPORT_DATA_DIR" in line
    assert "ENOTDIR" in line


async def test_a_store_that_does_not_answer(database: str, closed_port: int) -> None:
    endpoint = f"http://127.0.0.1:{closed_port}"
    line = await refusal(
        {**AWS, "FILEPORT_DATABASE_URL": database, "FILEPORT_S3_BUCKET": "files", "FILEPORT_S3_ENDPOINT_URL": endpoint}
    )
    assert f"FILEPORT_S3_ENDPOINT_URL, which leads to 127.0.0.1:{closed_port}, the bucket files." in line
    assert "ECONNREFUSED" in line
