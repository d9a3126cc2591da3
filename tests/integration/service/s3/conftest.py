"""A server with a port for the S3 protocol, and clients of it."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import aioboto3
import pytest
from types_aiobotocore_s3 import S3Client

from tests.integration.service.conftest import HASTE
from tests.support.clients import ROOT_KEY
from tests.support.parts.stacks import Stack
from tests.support.processes.server import Server, free_port, serving
from tests.support.s3 import REGION

DOMAIN = "s3.localhost"


class S3Server(NamedTuple):
    """A server, and the URL of its port for the S3 protocol."""

    server: Server
    own_url: str


@pytest.fixture(scope="package")
async def s3_server(stack: Stack) -> AsyncIterator[S3Server]:
    port = free_port()
    own = {"FILEPORT_S3_PORT": str(port), "FILEPORT_S3_DOMAIN": DOMAIN}
    async with serving({**stack.environ, **HASTE, **own}) as server:
        yield S3Server(server, f"http://127.0.0.1:{port}")


@pytest.fixture(params=["path", "port"])
async def boto(request: pytest.FixtureRequest, s3_server: S3Server) -> AsyncIterator[S3Client]:
    """A client of boto's at `/s3`, and one at a port of its own."""
    url = s3_server.own_url if request.param == "port" else f"{s3_server.server.url}/s3"
    session = aioboto3.Session(aws_access_key_id="root", aws_secret_access_key=ROOT_KEY, region_name=REGION)
    async with session.client("s3", endpoint_url=url) as client:
        yield client
