"""The S3 protocol of the server, for the programs of others."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from tests.integration.outside.conftest import skip_unless_required
from tests.support.clients import ROOT_KEY
from tests.support.parts.databases import make_short_dir
from tests.support.parts.stacks import EmbeddedStack
from tests.support.processes.server import Server, serving

# Of an environment of their own: `make` installs them from clients/requirements.lock.
CLIENTS = Path(__file__).with_name("clients") / ".venv" / "bin"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Where S3's part is played, and with which credentials."""

    endpoint: str
    access_key_id: str
    secret_access_key: str

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a program that reads AWS's variables, and no configuration of this machine."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@pytest.fixture(scope="package")
async def s3_port(unused_tcp_port_factory: Callable[[], int]) -> AsyncIterator[int]:
    """The port where a server speaks S3 alone."""
    port, data_dir = unused_tcp_port_factory(), make_short_dir()
    async with serving({**EmbeddedStack(data_dir).environ, "FILEPORT_S3_PORT": str(port)}):
        yield port
    shutil.rmtree(data_dir)


@pytest.fixture
def account(server: Server) -> Account:
    return Account(endpoint=f"{server.url}/s3", access_key_id="root", secret_access_key=ROOT_KEY)


@pytest.fixture
def account_at_port(s3_port: int) -> Account:
    """An account for programs that take no path for S3."""
    return Account(endpoint=f"http://127.0.0.1:{s3_port}", access_key_id="root", secret_access_key=ROOT_KEY)


def client_program(name: str) -> Path:
    """Return a program of the clients' environment. Skips where there is none, unless it is required."""
    program = CLIENTS / name
    if not program.exists():
        skip_unless_required("The S3 clients of Python could not be installed.", "FILEPORT_REQUIRE_S3_CLIENTS")
    return program


def installed_program(name: str) -> Path:
    """Return a program of this machine. Skips where there is none, unless it is required."""
    if (program := shutil.which(name)) is None:
        skip_unless_required(f"{name} is not installed.", f"FILEPORT_REQUIRE_{name.upper()}")
    return Path(program)
