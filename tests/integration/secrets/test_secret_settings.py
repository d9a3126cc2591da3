"""`fileport serve` starts with secrets that files or Secrets Manager keep, and shows them nowhere."""

from pathlib import Path
from uuid import uuid4

import aioboto3
import httpx
import pytest

from tests.support.parts.containers import LocalStack
from tests.support.processes.server import serving, start

KEY = "canary-of-the-root-key-in-a-secret"
SECRET = "canary-of-the-service-secret-in-a-secret"


async def status_with(url: str, key: str) -> int:
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        return (await client.get("/v1/buckets")).status_code


@pytest.fixture
def in_manager(localstack: LocalStack, short_dir: Path) -> dict[str, str]:
    return {
        "FILEPORT_DATA_DIR": str(short_dir),
        "FILEPORT_ROOT_KEY": "",
        "FILEPORT_ROOT_KEY_SECRET_ID": f"fileport/root-key-{uuid4().hex}",
        "FILEPORT_SERVICE_SECRET": "",
        "FILEPORT_SERVICE_SECRET_SECRET_ID": f"fileport/service-secret-{uuid4().hex}",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": localstack.endpoint_url,
        "AWS_ACCESS_KEY_ID": localstack.access_key_id,
        "AWS_SECRET_ACCESS_KEY": localstack.secret_access_key,
        "AWS_DEFAULT_REGION": localstack.region,
    }


async def test_secrets_are_read_from_secrets_manager(
    in_manager: dict[str, str], localstack: LocalStack, aws_session: aioboto3.Session, short_dir: Path
) -> None:
    async with aws_session.client("secretsmanager", endpoint_url=localstack.endpoint_url) as secrets:
        for name, secret in (("ROOT_KEY", KEY), ("SERVICE_SECRET", SECRET)):
            await secrets.create_secret(Name=in_manager[f"FILEPORT_{name}_SECRET_ID"], SecretString=f"{secret}\n")
    async with serving(in_manager) as server:
        assert await status_with(server.url, KEY) == 200
        assert await status_with(server.url, f"{KEY}x") == 401
    assert "canary" not in server.output
    # What is given is not made.
    assert not [name for name in ("root.key", "service.secret") if (short_dir / name).exists()]


async def test_a_secret_that_is_not_there_stops_the_start_with_one_line(in_manager: dict[str, str]) -> None:
    server = await start(in_manager)
    assert await server.ended() == 1
    [line] = server.output.splitlines()
    assert line.startswith("fileport: FILEPORT_ROOT_KEY_SECRET_ID: The secret source does not answer, or does not give")
    assert "ResourceNotFoundException" in line


async def test_every_secret_is_read_from_a_file(database: str, short_dir: Path) -> None:
    for name, secret in (("key", KEY), ("secret", SECRET), ("url", database)):
        (short_dir / name).write_text(f"{secret}\n")
    environ = {
        "FILEPORT_DATA_DIR": str(short_dir / "data"),
        "FILEPORT_ROOT_KEY": "",
        "FILEPORT_ROOT_KEY_FILE": str(short_dir / "key"),
        "FILEPORT_SERVICE_SECRET": "",
        "FILEPORT_SERVICE_SECRET_FILE": str(short_dir / "secret"),
        "FILEPORT_DATABASE_URL_FILE": str(short_dir / "url"),
    }
    async with serving(environ) as server:
        assert await status_with(server.url, KEY) == 200
    assert "canary" not in server.output
    assert not (short_dir / "data" / "postgres").exists()
