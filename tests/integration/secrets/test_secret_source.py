"""The secret source in AWS Secrets Manager keeps the port's contract, and its own promises."""

import socket
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import aioboto3
import pytest

from adapters.secrets import SecretsManagerSource, open_secrets_client
from domain.secrets.errors import SecretUnavailableError
from domain.secrets.model import Credentials, parse_credentials
from tests.contracts.secret_source import Keep, TestSecretSource
from tests.support.parts.containers import LocalStack

if TYPE_CHECKING:
    from types_aiobotocore_secretsmanager.client import SecretsManagerClient

__all__ = ["TestSecretSource"]


@pytest.fixture(scope="session")
async def client(localstack: LocalStack, aws_session: aioboto3.Session) -> AsyncIterator["SecretsManagerClient"]:
    async with open_secrets_client(endpoint_url=localstack.endpoint_url, session=aws_session) as client:
        yield client


async def keep_secret(client: "SecretsManagerClient", id: str, text: str) -> None:
    try:
        await client.create_secret(Name=id, SecretString=text)
    except client.exceptions.ResourceExistsException:
        await client.put_secret_value(SecretId=id, SecretString=text)


@pytest.fixture
def source(client: "SecretsManagerClient") -> SecretsManagerSource:
    return SecretsManagerSource(client)


@pytest.fixture
def keep(client: "SecretsManagerClient") -> Keep:
    return partial(keep_secret, client)


async def test_a_secret_of_bytes_is_refused(source: SecretsManagerSource, client: "SecretsManagerClient") -> None:
    id_ = f"secret-{uuid4().hex}"
    await client.create_secret(Name=id_, SecretBinary=b"\x00\xff")
    with pytest.raises(SecretUnavailableError):
        await source.get_secret(id_)


async def test_the_credentials_in_a_secret_are_read(source: SecretsManagerSource, keep: Keep) -> None:
    id_ = f"secret-{uuid4().hex}"
    await keep(id_, '{"engine": "postgres", "username": "app", "password": "hunter2", "port": 5432}')
    credentials = parse_credentials(await source.get_secret(id_))
    assert credentials == Credentials(username="app", password="hunter2")
    assert "hunter2" not in repr(credentials)


async def test_an_endpoint_that_is_down_is_unavailable() -> None:
    session = aioboto3.Session(aws_access_key_id="id", aws_secret_access_key="key", region_name="eu-central-1")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    async with open_secrets_client(endpoint_url=url, session=session, attempts=1) as client:
        with pytest.raises(SecretUnavailableError):
            await SecretsManagerSource(client).get_secret("id")


async def test_settings_that_make_no_client_are_refused() -> None:
    with pytest.raises(SecretUnavailableError):
        await open_secrets_client(endpoint_url="not a url", region="eu-central-1").__aenter__()


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "hunter2",
        "[]",
        "{}",
        '{"username": "app"}',
        '{"username": "app", "password": 5}',
        '{"username": "app", "password": ""}',
        '{"username": "app", "password": "hunter2"',
        "\ud800",
    ],
)
def test_a_secret_that_is_no_credentials_is_refused_without_a_word_of_it(secret: str) -> None:
    with pytest.raises(SecretUnavailableError) as raised:
        parse_credentials(secret)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None
