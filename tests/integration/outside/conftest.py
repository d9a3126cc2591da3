"""One server on the embedded stack, for programs of others to look at."""

import shutil
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.integration.fixtures.databases import make_short_dir
from tests.integration.service.stacks import EmbeddedStack
from tests.server import Server, serving


@pytest.fixture(scope="package")
async def server() -> AsyncIterator[Server]:
    data_dir = make_short_dir()
    async with serving(EmbeddedStack(data_dir).environ) as server:
        yield server
    shutil.rmtree(data_dir)


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client() as client:
        yield client
